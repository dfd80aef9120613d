import type { Check } from "../../src/checks/check.ts";
import { checks as allChecks } from "../../src/checks/index.ts";
import { findLedgerGaps, type LedgerGaps } from "../../src/registry/coverage.ts";
import { exclusionGroups } from "../../src/registry/exclusions.ts";
import { requirements } from "../../src/registry/requirements.ts";
import type { Run } from "../../src/suite/grade.ts";
import { judge } from "../../src/suite/judge.ts";
import { controls, type MutantCase } from "./cases.ts";
import { checksInFocus } from "./focus.ts";
import { createTimeLimit } from "./time-limit.ts";

/** How much of the suite runs against a mutant; see {@link runMatrix}. */
export type Extent = "focused" | "whole";

/**
 * The results of one run, without its evidence. The evidence of hundreds of runs would not fit into memory.
 */
export interface Outcome {
  readonly results: Run["results"];
  /** The verdicts on the same evidence if the check of the broken requirement is left out. */
  readonly withoutOwn: Run["results"];
}

/**
 * Runs the suite against a mutant. @param checks the checks to judge with; a focused run uses some of them
 */
export async function certifyMutant(
  mutant: MutantCase,
  checks: readonly Check[],
  { extent, signal }: { readonly extent: Extent; readonly signal: AbortSignal },
): Promise<Outcome> {
  const focus = extent === "whole" ? allChecks : checksInFocus(mutant);
  const used = checks.filter((check) => focus.includes(check));
  const { results, record } = await mutant.certify(used, signal);
  const others = used.filter(({ requirement }) => requirement !== mutant.breaks);
  const plan = results.map(({ requirement }) => requirement);
  return { results, withoutOwn: await judge(plan, others, record) };
}

/**
 * Runs the whole suite against a subject without a defect. @returns what is wrong, one line each; empty if
 * nothing is wrong
 */
export async function certifyControl(
  name: string,
  checks: readonly Check[],
  signal: AbortSignal,
): Promise<string[]> {
  const certify = controls[name];
  if (!certify) throw new Error(`There is no control ${name}.`);
  const { results } = await certify(checks, signal);
  return results
    .filter(({ verdict }) => verdict !== "pass" && verdict !== "not-applicable")
    .map(({ requirement, verdict }) => `the ${name} without a defect: ${requirement.id} ${verdict}`);
}

/** The result for one mutant. */
export interface Row {
  readonly mutant: MutantCase;
  readonly extent: Extent;
  /** Whether the check of the mutant's requirement failed. */
  readonly caught: boolean;
  /** Other requirements that failed. */
  readonly unrelated: readonly string[];
}

export interface Matrix {
  readonly rows: readonly Row[];
  /** Verdicts against subjects without a defect. */
  readonly control: readonly string[];
  readonly ledger: LedgerGaps;
  /** Requirements with a check but without a mutant. */
  readonly untried: readonly string[];
}

function toRow(mutant: MutantCase, extent: Extent, { results }: Outcome): Row {
  const failed = results
    .filter(({ verdict }) => ["fail", "warn", "info", "harness-error"].includes(verdict))
    .map(({ requirement }) => requirement.id);
  return {
    mutant,
    extent,
    caught: failed.includes(mutant.breaks),
    unrelated: failed.filter((id) => id !== mutant.breaks),
  };
}

export interface MatrixOptions {
  /** The mutants that the whole suite ran against. All other mutants had focused runs. */
  readonly whole: readonly MutantCase[];
  /** The subjects without a defect to run; default: all. */
  readonly controlNames?: readonly string[];
  readonly signal: AbortSignal;
  /** Called after each run. */
  readonly onRow?: (row: Row) => void;
}

/**
 * Runs the suite against the subjects without a defect, in whole runs, and against every mutant.
 *
 * Each row proves that its requirement's check is needed. A **focused** run uses only the scenarios that this
 * check reads, and those that they build upon. On the evidence of these scenarios, this check fails. Every
 * other check that needs only this evidence passes. Without this check, nothing fails: the mutant survives.
 *
 * Only **whole** runs prove that checks of other evidence also pass. `whole` is a sample that changes every
 * day (see `sampleOf`), so that all mutants are covered in turn. `pnpm mutants --whole` runs all of them.
 *
 * @param checks the checks to judge with; a mutant of a check that is left out survives
 */
export async function runMatrix(
  mutants: readonly MutantCase[],
  checks: readonly Check[],
  { whole, controlNames = Object.keys(controls), signal, onRow = () => {} }: MatrixOptions,
): Promise<Matrix> {
  const withinLimit = createTimeLimit();
  const either = (limit: AbortSignal) => AbortSignal.any([signal, limit]);
  const control: string[] = [];
  for (const name of controlNames) {
    signal.throwIfAborted();
    control.push(...(await withinLimit(name, (limit) => certifyControl(name, checks, either(limit)))));
  }
  const rows: Row[] = [];
  const planned = [
    ...mutants.map((mutant) => ({ mutant, extent: "focused" as const })),
    ...whole.map((mutant) => ({ mutant, extent: "whole" as const })),
  ];
  for (const { mutant, extent } of planned) {
    signal.throwIfAborted();
    const outcome = await withinLimit(mutant.name, (limit) =>
      certifyMutant(mutant, checks, { extent, signal: either(limit) }),
    );
    const row = toRow(mutant, extent, outcome);
    rows.push(row);
    onRow(row);
  }
  const checked = checks.map(({ requirement }) => requirement);
  return {
    rows,
    control,
    ledger: findLedgerGaps(
      requirements,
      checked,
      exclusionGroups.flatMap(({ ids }) => ids),
    ),
    untried: checked.filter((id) => !mutants.some(({ breaks }) => breaks === id)),
  };
}

/** Lists the reasons why a matrix does not prove the suite correct, one per line. */
export function listDefects({ rows, control, ledger, untried }: Matrix): string[] {
  return [
    ...control,
    ...rows.filter(({ caught }) => !caught).map(({ mutant }) => `${mutant.name} survived`),
    ...rows
      .filter(({ unrelated }) => unrelated.length > 0)
      .map(
        ({ mutant, unrelated }) =>
          `${mutant.name} also failed ${unrelated.join(", ")}, which it does not break`,
      ),
    ...ledger.unanswered.map((id) => `${id} has neither a check nor an exclusion`),
    ...ledger.answeredTwice.map((id) => `${id} has both a check and an exclusion`),
    ...ledger.unknown.map((id) => `${id} has a check or an exclusion, but is not in the contract`),
    ...untried.map((id) => `${id} has a check but no mutant`),
  ];
}
