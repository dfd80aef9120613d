import { Command } from "commander";
import { checks } from "../../src/checks/index.ts";
import { mutantCases } from "./cases.ts";
import { listDefects, type Row, runMatrix } from "./matrix.ts";
import { type ModeRow, mutantsOf, runInMode, UNSEEN } from "./modes.ts";
import { publishMutants } from "./published.ts";
import { sampleOf, sampleSeed } from "./sample.ts";

function line({ mutant, extent, caught, unrelated }: Row): string {
  const mark = caught && unrelated.length === 0 ? "✓" : "✗";
  const also = unrelated.length > 0 ? `  also failed: ${unrelated.join(", ")}` : "";
  const whole = extent === "whole" ? " (whole run)" : "";
  return `${mark} ${mutant.breaks.padEnd(9)} ${mutant.defect}${whole}${caught ? "" : "  SURVIVED"}${also}`;
}

interface Flags {
  readonly without: readonly string[];
  readonly breaking: readonly string[];
  readonly whole: boolean;
  readonly seed: number;
  readonly publish: boolean;
  readonly observe: boolean;
  readonly person: boolean;
}

const collect = (id: string, before: readonly string[]): readonly string[] => [...before, id];

const MARKS: Readonly<Record<ModeRow["outcome"], string>> = {
  ...{ caught: "✓", silent: "? too little happened", not_judged: "- not judged", survived: "✗ SURVIVED" },
};

/** Runs the vendor's mutants in a mode without sandbox control, and prints what the suite found. */
async function runMode({ breaking, observe }: Flags, signal: AbortSignal): Promise<void> {
  const mode = observe ? "observe" : "person";
  const names = mutantsOf(mode).filter(
    (name) => breaking.length === 0 || breaking.some((id) => name.startsWith(`${id.toLowerCase()}-`)),
  );
  const rows: ModeRow[] = [];
  for (const name of names) {
    if (signal.aborted) break;
    const reason = observe ? UNSEEN[name] : undefined;
    if (reason !== undefined) {
      console.log(`- ${name}: a window cannot show it, because ${reason}`);
      continue;
    }
    const row = await runInMode(mode, name, signal);
    rows.push(row);
    const also = row.unrelated.length > 0 ? `  also failed: ${row.unrelated.join(", ")}` : "";
    console.log(`${MARKS[row.outcome]} ${name}${also}`);
  }
  const caught = rows.filter(({ outcome }) => outcome === "caught").length;
  console.log(`\n${caught} of ${rows.length} mutants are caught by their own requirement with --${mode}.`);
  if (rows.some(({ outcome }) => outcome === "survived")) process.exitCode = 1;
}

async function run(flags: Flags): Promise<void> {
  const { without, breaking, whole, seed, publish } = flags;
  if (publish) return publishMutants(mutantCases);
  const interrupt = new AbortController();
  process.once("SIGINT", () => interrupt.abort());
  if (flags.observe || flags.person) return runMode(flags, interrupt.signal);
  const isAll = breaking.length === 0;
  const mutants = isAll ? mutantCases : mutantCases.filter(({ breaks }) => breaking.includes(breaks));
  const untried = breaking.filter((id) => !mutants.some(({ breaks }) => breaks === id));
  if (untried.length > 0) {
    console.error(
      `No mutant breaks ${untried.join(", ")}. Give ids of requirements that have a mutant; see MUTANTS.md.`,
    );
    process.exitCode = 2;
    return;
  }
  const sample = whole ? mutants : isAll ? sampleOf(mutants, seed) : [];
  const extent = whole ? "all in whole runs too" : `${sample.length} in whole runs too (seed ${seed})`;
  console.log(`${mutants.length} mutants, ${extent}:\n`);
  try {
    const matrix = await runMatrix(
      mutants,
      checks.filter(({ requirement }) => !without.includes(requirement)),
      {
        whole: sample,
        // Runs only the controls (subjects without a defect) that the selected mutants need.
        ...(!isAll && { controlNames: [...new Set(mutants.map(({ of }) => of))] }),
        signal: interrupt.signal,
        onRow: (row) => console.log(line(row)),
      },
    );
    const caught = matrix.rows.filter((row) => row.caught).length;
    console.log(`\n${caught} of ${matrix.rows.length} runs caught the defect.`);
    const defects = listDefects(isAll ? matrix : { ...matrix, untried: [] });
    for (const defect of defects) console.error(`✗ ${defect}`);
    if (defects.length === 0 && isAll) await publishMutants(mutants);
    process.exitCode = defects.length === 0 ? 0 : 1;
  } catch (error) {
    if (!interrupt.signal.aborted) throw error;
    process.exitCode = 130;
  }
}

await new Command("mutants")
  .description("Run the suite against every mutant, then write MUTANTS.md.")
  .option(
    "--without <id>",
    "remove the check of this requirement, so that its mutants survive; repeatable",
    collect,
    [],
  )
  .option(
    "--breaking <id>",
    "run only the mutants of this requirement, write nothing; repeatable",
    collect,
    [],
  )
  .option("--whole", "run the whole suite against every mutant, not only against the sample", false)
  .option("--seed <n>", "selects the sample; default: the current day", Number, sampleSeed())
  .option("--observe", "run the vendor's mutants in a passive window, write nothing", false)
  .option("--person", "run the vendor's mutants with a scripted person, write nothing", false)
  .option("--publish", "write MUTANTS.md and mutants.json without running anything", false)
  .action(run)
  .parseAsync();
