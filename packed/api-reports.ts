/**
 * Writes what each package exports into its `api.md`, so that a review shows every change of a public type: `pnpm
 * api-reports`, after a build. With `--check`, writes nothing and fails if a report is stale.
 */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Extractor, ExtractorConfig, ExtractorLogLevel } from "@microsoft/api-extractor";
import { published } from "../readme-install.ts";
import { type Manifest, ROOT } from "./tarballs.ts";

/** Finds the first types among the nested conditions of an entry. */
function typesOf(entry: unknown): string | undefined {
  if (typeof entry !== "object" || entry === null) return undefined;
  if ("types" in entry && typeof entry.types === "string") return entry.types;
  return Object.values(entry)
    .map(typesOf)
    .find((types) => types !== undefined);
}

/** Exports the types of every entry from one file: the main entry's as they are, the others' as one namespace each. */
const toEntryFile = ({ exports = {} }: Manifest): string =>
  Object.entries(exports)
    .flatMap(([entry, target]) => {
      const types = typesOf(target)
        ?.replace("./dist/", "./")
        .replace(/\.d\.(c?)ts$/, ".$1js");
      const name = entry === "." ? "*" : `* as ${entry.slice(2).replaceAll(/\W/g, "_")}`;
      return types === undefined ? [] : [`export ${name} from ${JSON.stringify(types)};\n`];
    })
    .join("");

/** Returns the report of a package; `null` if it is only a command. */
async function report(folder: string, temporary: string): Promise<string | null> {
  const manifest = JSON.parse(await readFile(join(folder, "package.json"), "utf8")) as Manifest;
  if (manifest.exports === undefined) return null;
  const entry = join(folder, "dist/api-report.d.ts");
  await writeFile(entry, toEntryFile(manifest));
  try {
    const silent = { default: { logLevel: ExtractorLogLevel.None } };
    const compilerOptions = { module: "nodenext", target: "esnext", skipLibCheck: true, types: ["node"] };
    const config = ExtractorConfig.prepare({
      configObjectFullPath: undefined,
      packageJsonFullPath: join(folder, "package.json"),
      configObject: {
        projectFolder: folder,
        mainEntryPointFilePath: entry,
        compiler: { overrideTsconfig: { compilerOptions, files: [entry] } },
        apiReport: {
          enabled: true,
          reportFolder: temporary,
          reportTempFolder: temporary,
          reportFileName: "report",
        },
        docModel: { enabled: false },
        dtsRollup: { enabled: false },
        tsdocMetadata: { enabled: false },
        messages: {
          compilerMessageReporting: silent,
          extractorMessageReporting: silent,
          tsdocMessageReporting: silent,
        },
      },
    });
    Extractor.invoke(config, { localBuild: true, messageCallback: (message) => (message.handled = true) });
    return await readFile(join(temporary, "report.api.md"), "utf8");
  } finally {
    await rm(entry);
  }
}

/** Writes the reports of built packages. @returns those that were stale */
export async function updateApiReports({ check }: { readonly check: boolean }): Promise<string[]> {
  const stale: string[] = [];
  const temporary = await mkdtemp(join(tmpdir(), "api-reports-"));
  for (const { folder } of published.values()) {
    const made = await report(join(ROOT, folder), temporary);
    const file = join(ROOT, folder, "api.md");
    if (made === null || made === (await readFile(file, "utf8").catch(() => null))) continue;
    stale.push(`${folder}/api.md`);
    if (!check) await writeFile(file, made);
  }
  await rm(temporary, { recursive: true });
  return stale;
}

if (import.meta.main)
  for (const file of await updateApiReports({ check: false })) console.log(`wrote ${file}`);
