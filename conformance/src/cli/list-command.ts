import { Command } from "commander";
import { type Coverage, coverage, findUncovered } from "../registry/coverage.ts";
import { exitCodeOf } from "../suite/verdict.ts";

interface ListFlags {
  readonly coverage: boolean;
  readonly json: boolean;
}

/** How one requirement is answered for, line by line. */
function coverageLines({ scenarios, mutants, reason }: Coverage): string[] {
  if (reason) return [`    not checked: ${reason}`];
  return [
    ...scenarios.map((title) => `    driven by: ${title}`),
    ...mutants.map(({ defect }) => `    catches: ${defect}`),
  ];
}

function list({ coverage: withCoverage, json }: ListFlags): void {
  const rows = coverage();
  if (json) {
    const data = rows.map(({ requirement, checked, reason, prerequisite, scenarios, mutants }) => ({
      ...requirement,
      checked,
      reason,
      prerequisite,
      ...(withCoverage && { scenarios, mutants }),
    }));
    process.stdout.write(`${JSON.stringify(data, null, 2)}\n`);
  } else {
    for (const row of rows) {
      const { id, level, actor, profile, text } = row.requirement;
      console.log(`${row.checked ? "✓" : "–"} ${id.padEnd(9)} ${level.padEnd(6)} ${actor} · ${profile}`);
      console.log(`    ${text}`);
      if (row.prerequisite) console.log(`    needs more: ${row.prerequisite}`);
      if (withCoverage) for (const line of coverageLines(row)) console.log(line);
      else if (row.reason) console.log(`    not checked: ${row.reason}`);
    }
    const checked = rows.filter((row) => row.checked).length;
    const mutants = rows.flatMap((row) => row.mutants).length;
    console.log(`\n${rows.length} requirements, ${checked} checked, proven by ${mutants} mutants.`);
  }
  const missing = withCoverage ? findUncovered(rows) : [];
  for (const { requirement } of missing) {
    process.stderr.write(
      `${requirement.id} has neither a check with a mutant nor a reason for having none.\n`,
    );
  }
  if (missing.length > 0) process.exitCode = exitCodeOf.harness_error;
}

/** `list`: what the contract asks for, and what this suite checks. */
export const listCommand = () =>
  new Command("list")
    .description("List every requirement of the contract and whether this suite checks it.")
    .option("--coverage", "also what is done to see each, and which mutants prove its check", false)
    .option("--json", "print JSON", false)
    .action(list);
