import type { checks as allChecks } from "../src/checks/index.ts";
import { exclusionGroups } from "../src/registry/exclusions.ts";
import { type LedgerGaps, ledgerGaps } from "../src/registry/ledger.ts";
import { requirements } from "../src/registry/requirements.ts";
import type { Run } from "../src/suite/grade.ts";
import { CONTROLS, type MutantCase } from "./index.ts";

/** What became of one mutant. */
export interface Row {
  readonly mutant: MutantCase;
  /** Whether the check of the requirement that it breaks found it. */
  readonly caught: boolean;
  /** Requirements found broken that are not broken. */
  readonly unrelated: readonly string[];
}

export interface Matrix {
  readonly rows: readonly Row[];
  /** What the vendor and the receiver without a defect are found guilty of, wrongly. */
  readonly control: readonly string[];
  readonly ledger: LedgerGaps;
  /** Checks that no mutant tries. */
  readonly untried: readonly string[];
}

/**
 * A run waits as long as it works, so two go side by side. They share a thread with their vendors: with more, what one is
 * judged by keeps another's webhooks waiting beyond their time. Those that wait for retries do little else.
 */
const LANES = [
  { sideBySide: 3, takes: ({ waits }: MutantCase) => waits },
  { sideBySide: 2, takes: ({ waits }: MutantCase) => !waits },
] as const;

/** Runs the suite against each mutant, several at a time; gives the runs in the order of the mutants. */
export async function* certifyAll(
  mutants: readonly MutantCase[],
  checks: typeof allChecks,
  signal: AbortSignal,
): AsyncGenerator<{ readonly mutant: MutantCase; readonly run: Run }> {
  const runs = new Map(mutants.map((mutant) => [mutant, Promise.withResolvers<Run>()]));
  // Each is awaited in its turn, which may come after it has failed.
  for (const { promise } of runs.values()) promise.catch(() => {});
  for (const { sideBySide, takes } of LANES) {
    const waiting = mutants.filter(takes).values();
    for (let lane = 0; lane < sideBySide; lane += 1) void goOn(waiting);
  }
  async function goOn(waiting: Iterable<MutantCase>): Promise<void> {
    for (const mutant of waiting) {
      const run = mutant.certify(checks, signal);
      await run.then(runs.get(mutant)?.resolve, runs.get(mutant)?.reject);
    }
  }
  for (const [mutant, { promise }] of runs) {
    const run = await promise;
    // What was recorded of hundreds of runs would not fit into memory.
    runs.delete(mutant);
    yield { mutant, run };
  }
}

const brokenIn = ({ results }: Run): string[] =>
  results
    .filter(({ verdict }) => verdict === "fail" || verdict === "warn" || verdict === "info")
    .map(({ requirement }) => requirement.id);

/**
 * Runs the suite against every mutant, and against the vendor and the receiver without a defect.
 *
 * @param checks the checks to try; one left out must be missed somewhere
 * @param onRow told of each mutant as it is done
 */
export async function runMatrix(
  mutants: readonly MutantCase[],
  checks: typeof allChecks,
  { signal, onRow = () => {} }: { readonly signal: AbortSignal; readonly onRow?: (row: Row) => void },
): Promise<Matrix> {
  const control: string[] = [];
  for (const [of, certify] of Object.entries(CONTROLS)) {
    const { results } = await certify(checks, signal);
    const guilty = results.filter(({ verdict }) => verdict !== "pass" && verdict !== "not-applicable");
    control.push(
      ...guilty.map(({ requirement, verdict }) => `the ${of} without a defect: ${requirement.id} ${verdict}`),
    );
  }
  const rows: Row[] = [];
  for await (const { mutant, run } of certifyAll(mutants, checks, signal)) {
    const broken = brokenIn(run);
    const row = {
      mutant,
      caught: broken.includes(mutant.breaks),
      unrelated: broken.filter((id) => id !== mutant.breaks),
    };
    rows.push(row);
    onRow(row);
  }
  const checked = checks.map(({ requirement }) => requirement);
  return {
    rows,
    control,
    ledger: ledgerGaps(
      requirements,
      checked,
      exclusionGroups.flatMap(({ ids }) => ids),
    ),
    untried: checked.filter((id) => !mutants.some(({ breaks }) => breaks === id)),
  };
}

/** What keeps a matrix from proving the suite, one line each. */
export function defectsOf({ rows, control, ledger, untried }: Matrix): string[] {
  return [
    ...control,
    ...rows.filter(({ caught }) => !caught).map(({ mutant }) => `${mutant.name} survived`),
    ...rows
      .filter(({ unrelated }) => unrelated.length > 0)
      .map(
        ({ mutant, unrelated }) =>
          `${mutant.name} also failed ${unrelated.join(", ")}, which it does not break`,
      ),
    ...ledger.unanswered.map((id) => `${id} has neither a check nor a reason for having none`),
    ...ledger.answeredTwice.map((id) => `${id} has a check and a reason for having none`),
    ...ledger.unknown.map((id) => `${id} is checked or excused, and the contract does not have it`),
    ...untried.map((id) => `${id} has a check that no mutant tries`),
  ];
}
