import { Command } from "commander";
import { checks } from "../../src/checks/index.ts";
import { mutantCases } from "./cases.ts";
import { defectsOf, type Row, runMatrix } from "./matrix.ts";
import { publishMutants } from "./published.ts";

function line({ mutant, caught, unrelated }: Row): string {
  const mark = caught && unrelated.length === 0 ? "✓" : "✗";
  const also = unrelated.length > 0 ? `  also failed: ${unrelated.join(", ")}` : "";
  return `${mark} ${mutant.breaks.padEnd(9)} ${mutant.defect}${caught ? "" : "  SURVIVED"}${also}`;
}

interface Flags {
  readonly without: readonly string[];
  readonly breaking: readonly string[];
  readonly publish: boolean;
}

const collect = (id: string, before: readonly string[]): readonly string[] => [...before, id];

async function run({ without, breaking, publish }: Flags): Promise<void> {
  if (publish) return publishMutants(mutantCases);
  const interrupt = new AbortController();
  process.once("SIGINT", () => interrupt.abort());
  const all = mutantCases;
  const mutants = breaking.length === 0 ? all : all.filter(({ breaks }) => breaking.includes(breaks));
  console.log(`${mutants.length} mutants of the reference vendor and receiver, each with one defect:\n`);
  const matrix = await runMatrix(
    mutants,
    checks.filter(({ requirement }) => !without.includes(requirement)),
    { signal: interrupt.signal, onRow: (row) => console.log(line(row)) },
  );
  if (interrupt.signal.aborted) {
    process.exitCode = 130;
    return;
  }
  const caught = matrix.rows.filter((row) => row.caught).length;
  console.log(`\n${caught} of ${matrix.rows.length} caught.`);
  const defects = defectsOf(breaking.length === 0 ? matrix : { ...matrix, untried: [] });
  for (const defect of defects) console.error(`✗ ${defect}`);
  if (defects.length === 0 && breaking.length === 0) await publishMutants(mutants);
  process.exitCode = defects.length === 0 ? 0 : 1;
}

await new Command("mutants")
  .description("Show that every check of the suite catches what it is there to catch, and write MUTANTS.md.")
  .option(
    "--without <id>",
    "leave this requirement's check out, to see that it is missed; repeatable",
    collect,
    [],
  )
  .option(
    "--breaking <id>",
    "try the mutants of this requirement only, and write nothing; repeatable",
    collect,
    [],
  )
  .option("--publish", "write MUTANTS.md and mutants.json without running anything", false)
  .action(run)
  .parseAsync();
