import { readdir, readFile, writeFile } from "node:fs/promises";
import { Command, Option } from "commander";
import { type NewRequirement, ScaffoldError, scaffoldRequirement } from "./scaffold-requirement.ts";

const CONTRACT = new URL("../../spec/1.0/contract.md", import.meta.url);
const CHECKS = new URL("../src/checks/", import.meta.url);
const MUTANTS = new URL("../mutants/", import.meta.url);

async function readSources(folder: URL): Promise<Map<string, string>> {
  const names = (await readdir(folder)).filter((name) => name.endsWith(".ts") && !name.endsWith(".test.ts"));
  return new Map(
    await Promise.all(
      names.map(async (name) => [name, await readFile(new URL(name, folder), "utf8")] as const),
    ),
  );
}

async function run(id: string, options: Omit<NewRequirement, "id">): Promise<void> {
  const scaffold = scaffoldRequirement(
    { id, ...options },
    {
      contract: await readFile(CONTRACT, "utf8"),
      checks: await readSources(CHECKS),
      mutants: await readSources(MUTANTS),
    },
  );
  await writeFile(CONTRACT, scaffold.contract);
  await writeFile(new URL(scaffold.file, CHECKS), scaffold.checks);
  await writeFile(new URL(scaffold.file, MUTANTS), scaffold.mutants);
  console.log(`Added ${id}:
  spec/1.0/contract.md                 the requirement, after ${options.after}
  conformance/src/checks/${scaffold.file}   a skeleton that reports could-not-run
  conformance/mutants/${scaffold.file}      a skeleton: ${scaffold.mutantName}

Next:
  1. pnpm spec                    regenerates requirements.json and the schemas
  2. Write the check. If it needs new evidence, add it to conformance/src/evidence and record it in a scenario.
  3. Write the mutant: the smallest defect of the vendor that breaks only ${id}.
  4. pnpm mutants --breaking ${id}  shows whether the check, and only that check, catches the mutant
  5. pnpm mutants --publish       writes MUTANTS.md and mutants.json
  6. pnpm test && pnpm lint`);
}

const program = new Command("new:requirement")
  .description("Add a requirement to the contract, with the skeleton of its check and of a mutant.")
  .argument("<id>", "the new id, such as SITE-099")
  .requiredOption(
    "--after <id>",
    "the requirement after which to insert the new one; its check file also gets the new check",
  )
  .requiredOption("--text <sentence>", 'the normative sentence, such as "A site SHOULD name its floor."')
  .requiredOption("--defect <phrase>", 'the defect of the first mutant, such as "sites have no floor"')
  .addOption(
    new Option("--level <level>", "the keyword of the sentence")
      .choices(["MUST", "SHOULD", "MAY"])
      .default("MUST"),
  )
  .action(run);

try {
  await program.parseAsync();
} catch (error) {
  if (!(error instanceof ScaffoldError)) throw error;
  console.error(error.message);
  process.exitCode = 2;
}
