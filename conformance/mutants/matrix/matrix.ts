import { checks as allChecks } from "../../src/checks/index.ts";
import { exclusionGroups } from "../../src/registry/exclusions.ts";
import { type LedgerGaps, ledgerGaps } from "../../src/registry/ledger.ts";
import { requirements } from "../../src/registry/requirements.ts";
import { CONTROLS, type MutantCase } from "./cases.ts";
import { type Outcome, startThread, type Thread } from "./certify-apart.ts";

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

/** Those that wait for retries do little else, so more of them go side by side. */
const LANES = [
  { threads: 3, takes: ({ waits }: MutantCase) => waits },
  { threads: 2, takes: ({ waits }: MutantCase) => !waits },
] as const;

/** Does the work in threads, each at one thing at a time, and ends them when there is no more. */
async function inThreads<Work>(
  threads: number,
  work: Iterable<Work>,
  signal: AbortSignal,
  carryOut: (thread: Thread, work: Work) => Promise<void>,
): Promise<void> {
  const left = work[Symbol.iterator]();
  await Promise.all(
    Array.from({ length: threads }, async () => {
      let next = left.next();
      if (next.done) return;
      const thread = startThread(signal);
      try {
        for (; !next.done; next = left.next()) await carryOut(thread, next.value);
      } finally {
        await thread.end();
      }
    }),
  );
}

/**
 * Runs the suite against each mutant, several at a time; gives what they came to in the order of the mutants.
 *
 * @param leftOut the requirements to judge without their checks
 */
export async function* certifyAll(
  mutants: readonly MutantCase[],
  leftOut: readonly string[],
  signal: AbortSignal,
): AsyncGenerator<{ readonly mutant: MutantCase; readonly outcome: Outcome }> {
  const outcomes = new Map(mutants.map((mutant) => [mutant, Promise.withResolvers<Outcome>()]));
  // Each is awaited in its turn, which may come after it has failed.
  for (const { promise } of outcomes.values()) promise.catch(() => {});
  for (const { threads, takes } of LANES) {
    void inThreads(threads, mutants.filter(takes), signal, async (thread, mutant) => {
      const certified = thread.certify({ name: mutant.name, leftOut });
      await certified.then(outcomes.get(mutant)?.resolve, outcomes.get(mutant)?.reject);
    });
  }
  for (const [mutant, { promise }] of outcomes) yield { mutant, outcome: await promise };
}

const brokenIn = ({ results }: Outcome): string[] =>
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
  const leftOut = allChecks
    .map(({ requirement }) => requirement)
    .filter((id) => !checks.some(({ requirement }) => requirement === id));
  const control: string[] = [];
  await inThreads(2, Object.keys(CONTROLS), signal, async (thread, of) => {
    const { results } = await thread.certify({ name: of, leftOut });
    const guilty = results.filter(({ verdict }) => verdict !== "pass" && verdict !== "not-applicable");
    control.push(
      ...guilty.map(({ requirement, verdict }) => `the ${of} without a defect: ${requirement.id} ${verdict}`),
    );
  });
  const rows: Row[] = [];
  for await (const { mutant, outcome } of certifyAll(mutants, leftOut, signal)) {
    const broken = brokenIn(outcome);
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
