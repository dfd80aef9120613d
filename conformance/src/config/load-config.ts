import { access, readdir, readFile } from "node:fs/promises";
import { extname, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { ConfigError, readConfig } from "./read-config.ts";
import type { Config } from "./vendor-settings.ts";

/**
 * Renders a config file in the language of its file name extension. A TypeScript config file imports only a
 * type, so Node can load it even if the package is not installed.
 */
export function renderConfig(file: string, config: Config): string {
  const json = JSON.stringify(config, null, 2);
  switch (extname(file)) {
    case ".json":
      return `${json}\n`;
    case ".mts":
    case ".ts":
      return `import type { Config } from "@convergint/conformance";\n\nexport default ${toJavaScript(json)} satisfies Config;\n`;
    default:
      return `export default ${toJavaScript(json)};\n`;
  }
}

/** Converts JSON to JavaScript with unquoted names and trailing commas. */
const toJavaScript = (json: string): string =>
  json.replaceAll(/^(\s*)"([A-Za-z]\w*)": /gm, "$1$2: ").replaceAll(/([^{[,])$(?=\n\s*[}\]])/gm, "$1,");

/**
 * The names that `run` finds in a folder, the one that `init` writes first. Node loads `.mts` as an ES module everywhere; `.ts`
 * is not one in a project with `"type": "commonjs"`, which `npm init` writes.
 */
export const CONFIG_FILES = [
  "conformance.config.mts",
  "conformance.config.ts",
  "conformance.config.mjs",
  "conformance.config.json",
] as const;

const EXTENSIONS = CONFIG_FILES.map((name) => extname(name));

/** A loaded config file. */
export interface LoadedConfig {
  /** The file name, as given or as found in the folder. */
  readonly file: string;
  readonly config: Config;
}

/** Finds the config file in a folder; `null` if there is none. @throws {ConfigError} `ambiguous` */
export async function findConfig(folder: string): Promise<string | null> {
  const names = await readdir(folder);
  const [found = null, ...others] = CONFIG_FILES.filter((name) => names.includes(name));
  if (others.length === 0) return found;
  throw new ConfigError(
    "ambiguous",
    `Found ${[found, ...others].join(" and ")}. Keep one, or choose one with --config.`,
  );
}

/** Checks the extension of a config file. @throws {ConfigError} `not_loaded` */
export function requireConfigName(file: string): void {
  if (EXTENSIONS.includes(extname(file))) return;
  throw new ConfigError("not_loaded", `--config takes a ${EXTENSIONS.join(", ")} file; got ${file}.`);
}

/** Loads the default export of a file. Node strips the types from TypeScript. */
async function loadExport(path: string): Promise<unknown> {
  if (extname(path) === ".json") return JSON.parse(await readFile(path, "utf8")) as unknown;
  const loaded = (await import(pathToFileURL(path).href)) as { readonly default?: unknown };
  if ("default" in loaded) return loaded.default;
  throw new Error("the file has no default export; add `export default defineConfig({ … })`");
}

/** Explains why a file cannot be loaded and what to do. */
function explainFailure(error: NodeJS.ErrnoException, file: string): string {
  // Node reads `.ts` as CommonJS if the nearest package.json says so, and then rejects `import` and `export`.
  if (
    error instanceof SyntaxError &&
    extname(file) === ".ts" &&
    /\b(?:import|export)\b/.test(error.message)
  ) {
    return `${error.message}; this project's package.json has "type": "commonjs", so rename the file to ${file.replace(/ts$/, "mts")}`;
  }
  switch (error.code) {
    case "ERR_UNKNOWN_FILE_EXTENSION":
      return "this version of Node cannot load TypeScript; use Node 22.18 or later, or a .mjs or .json file";
    case "ERR_MODULE_NOT_FOUND":
      return `${error.message.split("\n")[0]}; install the package next to the config file, or export a plain object`;
    default:
      return error.message.split("\n")[0] ?? "";
  }
}

/**
 * Loads the named config file. If no file is named, loads the config file in the folder; returns `null` if
 * there is none.
 *
 * @param folder the folder to search, and the base of a relative name
 * @throws {ConfigError}
 */
export async function loadConfig(folder: string, named: string | undefined): Promise<LoadedConfig | null> {
  const file = named ?? (await findConfig(folder));
  if (file === null) return null;
  requireConfigName(file);
  const path = resolve(folder, file);
  let exported: unknown;
  try {
    exported = await loadExport(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const isMissing = code === "ENOENT" || (code === "ERR_MODULE_NOT_FOUND" && !(await isThere(path)));
    if (isMissing) throw new ConfigError("not_found", `Config file not found: ${file}.`);
    const advice = explainFailure(error as NodeJS.ErrnoException, file).replace(/\.$/, "");
    throw new ConfigError("not_loaded", `Cannot load ${file}: ${advice}.`, { cause: error });
  }
  return { file, config: readConfig(file, exported) };
}

const isThere = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );
