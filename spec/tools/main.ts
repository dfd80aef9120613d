import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { Command } from "commander";
import { generateSpec } from "./generate.ts";
import { SpecFormatError } from "./requirements.ts";

const ROOT = new URL("../../", import.meta.url);
const SCHEMAS = "spec/1.0/schemas/";

async function readOrNull(path: string): Promise<string | null> {
  return readFile(new URL(path, ROOT), "utf8").catch(() => null);
}

/** Lists the files in a generated folder that are no longer generated. */
async function listOrphans(generated: ReadonlyMap<string, string>): Promise<string[]> {
  const names = await readdir(new URL(SCHEMAS, ROOT)).catch(() => []);
  return names.map((name) => SCHEMAS + name).filter((path) => !generated.has(path));
}

interface Options {
  readonly check?: boolean;
}

async function run({ check = false }: Options): Promise<void> {
  const generated = await generateSpec(ROOT);
  const stale = await listOrphans(generated);
  for (const [path, content] of generated) {
    if ((await readOrNull(path)) !== content) stale.push(path);
  }
  if (check && stale.length > 0) {
    for (const path of stale) console.error(`drifted: ${path}`);
    console.error("Run `pnpm spec` and commit the result.");
    process.exitCode = 1;
    return;
  }
  for (const path of check ? [] : stale) {
    const content = generated.get(path);
    if (content === undefined) {
      await rm(new URL(path, ROOT));
    } else {
      await mkdir(new URL(".", new URL(path, ROOT)), { recursive: true });
      await writeFile(new URL(path, ROOT), content);
    }
    console.log(`${content === undefined ? "removed" : "wrote"} ${path}`);
  }
  console.log(`${generated.size} generated files are up to date.`);
}

const program = new Command("spec")
  .description("Generate OpenAPI, JSON Schemas, the requirement registry and the client's types.")
  .option("--check", "write nothing; exit 1 if a committed file differs from the generated one")
  .action(run);

try {
  await program.parseAsync();
} catch (error) {
  if (!(error instanceof SpecFormatError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
