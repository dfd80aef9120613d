import { Command } from "commander";
import { type Coverage, findUncovered, listCoverage } from "../registry/coverage.ts";
import { exitCodeOf } from "../suite/verdict.ts";
import type { CliContext } from "./context.ts";

interface ListFlags {
  readonly coverage: boolean;
  readonly untested: boolean;
  readonly json: boolean;
}

/** Renders how one requirement is tested. */
function renderCoverage({ scenarios, mutants, reason }: Coverage): string[] {
  if (reason) return [`    not tested: ${reason}`];
  return [
    ...scenarios.map((title) => `    scenario: ${title}`),
    ...mutants.map(({ defect }) => `    catches: ${defect}`),
  ];
}

function list({ coverage: withCoverage, untested, json }: ListFlags, context: CliContext): void {
  const print = (line: string) => context.stdout.write(`${line}\n`);
  const all = listCoverage();
  const rows = untested ? all.filter(({ checked }) => !checked) : all;
  if (json) {
    const data = rows.map(({ requirement, checked, reason, prerequisite, scenarios, mutants }) => ({
      ...requirement,
      checked,
      reason,
      prerequisite,
      ...(withCoverage && { scenarios, mutants }),
    }));
    context.stdout.write(`${JSON.stringify(data, null, 2)}\n`);
  } else {
    for (const row of rows) {
      const { id, level, actor, profile, text } = row.requirement;
      print(`${row.checked ? "✓" : "–"} ${id.padEnd(9)} ${level.padEnd(6)} ${actor} · ${profile}`);
      print(`    ${text}`);
      if (row.prerequisite) print(`    needs: ${row.prerequisite}`);
      if (withCoverage) for (const line of renderCoverage(row)) print(line);
      else if (row.reason) print(`    not tested: ${row.reason}`);
    }
    const checked = rows.filter((row) => row.checked).length;
    const mutants = rows.flatMap((row) => row.mutants).length;
    print(`\n${rows.length} requirements, ${checked} of them tested. ${mutants} mutants prove the checks.`);
  }
  const missing = withCoverage ? findUncovered(all) : [];
  for (const { requirement } of missing) {
    context.stderr.write(
      `${requirement.id} has no check that a mutant proves, and no reason why it is not tested.\n`,
    );
  }
  if (missing.length > 0) context.exitCode = exitCodeOf.harness_error;
}

/** Creates `list`, which lists the requirements and how they are tested. */
export const listCommand = (context: CliContext) =>
  new Command("list")
    .description("List every requirement of the contract and whether this suite tests it.")
    .option("--coverage", "also show how each requirement is tested and which mutants prove its check", false)
    .option("--untested", "list only requirements that are not tested, with the reason", false)
    .option("--json", "print JSON", false)
    .action((flags: ListFlags) => list(flags, context));
