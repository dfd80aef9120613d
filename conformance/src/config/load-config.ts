import { access, readdir, readFile } from "node:fs/promises";
import { extname, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { Config } from "./config.ts";
import { ConfigError } from "./config-error.ts";
import { readConfig } from "./read-config.ts";

/** What a config file is called, where none is named. */
export const CONFIG_FILES = [
  "conformance.config.ts",
  "conformance.config.mjs",
  "conformance.config.json",
] as const;

const EXTENSIONS = CONFIG_FILES.map((name) => extname(name));

/** A config file as it was loaded. */
export interface LoadedConfig {
  /** As it was named, or as it was found in the folder. */
  readonly file: string;
  readonly config: Config;
}

/** The config file in a folder; `null` where there is none. @throws {ConfigError} `ambiguous` */
export async function findConfig(folder: string): Promise<string | null> {
  const names = await readdir(folder);
  const [found = null, ...others] = CONFIG_FILES.filter((name) => names.includes(name));
  if (others.length === 0) return found;
  throw new ConfigError(
    "ambiguous",
    `There are ${[found, ...others].join(" and ")} here: keep one, or name it with --config.`,
  );
}

/** @throws {ConfigError} `not_loaded` where a file of this name cannot be a config */
export function requireConfigName(file: string): void {
  if (EXTENSIONS.includes(extname(file))) return;
  throw new ConfigError("not_loaded", `--config takes a file in ${EXTENSIONS.join(", ")}; got ${file}.`);
}

/** Whatever a file exports by default; TypeScript by Node's own stripping of types. */
async function exportedBy(path: string): Promise<unknown> {
  if (extname(path) === ".json") return JSON.parse(await readFile(path, "utf8")) as unknown;
  const loaded = (await import(pathToFileURL(path).href)) as { readonly default?: unknown };
  if ("default" in loaded) return loaded.default;
  throw new Error("it has no default export; write export default defineConfig({ … })");
}

/** What to do about a file that cannot be loaded. */
function adviceFor(error: NodeJS.ErrnoException): string {
  switch (error.code) {
    case "ERR_UNKNOWN_FILE_EXTENSION":
      return "this Node does not load TypeScript; take Node 22.18 or later, or write it as .mjs or .json";
    case "ERR_MODULE_NOT_FOUND":
      return `${error.message.split("\n")[0]}; install it beside the file, or export a plain object`;
    default:
      return error.message.split("\n")[0] ?? "";
  }
}

/**
 * Loads the config file: the one that is named, or else the one in the folder, where there is one.
 *
 * @param folder that it is looked for in, and that a name is seen from
 * @throws {ConfigError}
 */
export async function loadConfig(folder: string, named: string | undefined): Promise<LoadedConfig | null> {
  const file = named ?? (await findConfig(folder));
  if (file === null) return null;
  requireConfigName(file);
  // Absolute names stay as they are.
  const path = resolve(folder, file);
  let exported: unknown;
  try {
    exported = await exportedBy(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const isAbsent = code === "ENOENT" || (code === "ERR_MODULE_NOT_FOUND" && !(await isThere(path)));
    if (isAbsent) throw new ConfigError("not_found", `There is no config file ${file}.`);
    const advice = adviceFor(error as NodeJS.ErrnoException).replace(/\.$/, "");
    throw new ConfigError("not_loaded", `${file} cannot be loaded: ${advice}.`, { cause: error });
  }
  return { file, config: readConfig(file, exported) };
}

const isThere = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );
