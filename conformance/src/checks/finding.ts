/** One way in which the evidence violates a requirement, worded so that the vendor's engineer can fix it. */
export interface Failure {
  /** Id of the exchange or delivery that shows the violation. */
  readonly at: string;
  /**
   * The place of the violation in the exchange or delivery: a JSON pointer into the body, or a header name.
   */
  readonly where?: string;
  readonly expected: string;
  readonly actual: string;
  /** What to change, or the likely cause; understandable without the contract. */
  readonly hint: string;
}

/** A failure without the id of the evidence that shows it. */
export type Problem = Omit<Failure, "at">;

/** Reason for `could-not-run` if no webhook arrived at all. */
export const NO_WEBHOOK = "no webhook arrived; see EVT-001";

/** Reason for `could-not-run` if every listing describes a moment before the change that it should show. */
export const LAGS =
  "30 s after a change, the listing's as_of was still before the change; such a listing need not show the change. Use a sandbox whose inventory follows its commands within seconds, and check the clock behind as_of (see PAGE-011)";

/** What a check found. A pass always cites evidence. */
export type Finding =
  | {
      readonly outcome: "pass";
      readonly cites: readonly [string, ...string[]];
      /**
       * Which part of the requirement the evidence does not cover, and why; absent if the evidence covers the
       * whole requirement.
       */
      readonly unseen?: string;
    }
  | {
      readonly outcome: "fail";
      readonly failures: readonly [Failure, ...Failure[]];
      /** How many subjects were judged, including failed ones; `null` if they are of several kinds. */
      readonly judged: number | null;
    }
  | { readonly outcome: "could-not-run"; readonly reason: string }
  /** The manifest says that the requirement does not apply to this vendor. */
  | { readonly outcome: "not-applicable"; readonly reason: string };

/** A subject to judge, with the evidence it comes from. */
export interface Subject {
  readonly at: string;
}

/**
 * Judges every subject in the same way.
 *
 * @param subjects what to judge; if there are none, the outcome is `could-not-run`
 * @param none why there may be no subjects, for the reader of the report
 * @param find returns what is wrong with a subject, or `null`
 */
export function judgeEach<T extends Subject>(
  subjects: readonly T[],
  none: string,
  find: (subject: T) => Problem | null,
): Finding {
  const [first, ...rest] = [...new Set(subjects.map(({ at }) => at))];
  if (first === undefined) return { outcome: "could-not-run", reason: none };
  const [failure, ...others] = subjects.flatMap((subject) => {
    const found = find(subject);
    return found ? [{ at: subject.at, ...found }] : [];
  });
  if (failure) return { outcome: "fail", failures: [failure, ...others], judged: subjects.length };
  return { outcome: "pass", cites: [first, ...rest] };
}

/**
 * Judges what listings show after a change.
 *
 * @param subjects for each subject, what is wrong with it and whether its listing describes a moment after
 * the change. A problem of an earlier listing is not a failure.
 */
export function judgeAfterChange(
  subjects: readonly (Subject & { readonly problem: Problem | null; readonly isDue: boolean })[],
  none: string,
): Finding {
  const due = subjects.filter(({ problem, isDue }) => problem === null || isDue);
  const finding = judgeEach(due, subjects.length > 0 ? LAGS : none, ({ problem }) => problem);
  return finding.outcome === "pass" && due.length < subjects.length
    ? { outcome: "could-not-run", reason: LAGS }
    : finding;
}

/**
 * Judges subjects of several kinds, each in its own way. Does not count the judged subjects, because a count
 * across kinds is meaningless.
 */
export function judgeMixed(
  subjects: readonly (Subject & { readonly find: () => Problem | null })[],
  none: string,
): Finding {
  const finding = judgeEach(subjects, none, ({ find }) => find());
  return finding.outcome === "fail" ? { ...finding, judged: null } : finding;
}

/**
 * Adds to a pass what the evidence does not cover. @param unseen `null` if the evidence covers the whole
 * requirement
 */
export const withUnseen = (finding: Finding, unseen: string | null): Finding =>
  finding.outcome === "pass" && unseen !== null ? { ...finding, unseen } : finding;

/** Formats a value for a report: short, and never as `undefined`. */
export function show(value: unknown): string {
  if (value === undefined) return "nothing";
  const text = JSON.stringify(value);
  return text.length > 160 ? `${text.slice(0, 157)}…` : text;
}
