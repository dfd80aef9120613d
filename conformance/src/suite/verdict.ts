import type { Failure } from "../checks/finding.ts";
import type { Requirement } from "../registry/requirements.ts";

/** The outcome of one requirement in one run. */
export type Verdict =
  | "pass"
  | "fail"
  | "warn"
  | "info"
  | "not-applicable"
  | "could-not-run"
  | "harness-error";

/** A requirement with its verdict and the grounds for it. */
export interface Result {
  readonly requirement: Requirement;
  readonly verdict: Verdict;
  /** Ids of the exchanges and deliveries that a pass is based on. */
  readonly cites: readonly string[];
  readonly failures: readonly Failure[];
  /**
   * How many items were judged, including failed ones; `null` if none failed or the items are of several
   * kinds.
   */
  readonly judged: number | null;
  /** Why there is no verdict, or what a pass does not cover; `null` if neither applies. */
  readonly reason: string | null;
}

/**
 * The verdict on a broken requirement. The verdict follows from the requirement's level and is never set
 * manually.
 */
export const severityOf = {
  MUST: "fail",
  SHOULD: "warn",
  MAY: "info",
} as const satisfies Record<Requirement["level"], Verdict>;

/** The conclusion of a run. */
export type Conclusion =
  | "certified"
  | "not_conformant"
  | "incomplete"
  | "unreachable"
  | "interrupted"
  | "harness_error";

/** The exit code of the process, for CI. */
export const exitCodeOf = {
  certified: 0,
  not_conformant: 1,
  unreachable: 3,
  incomplete: 4,
  harness_error: 5,
  interrupted: 130,
} as const satisfies Record<Conclusion, number>;

/** Exit code of an invalid command line. */
export const EXIT_USAGE = 2;

/**
 * Draws the conclusion from results. No run is certified by default. Every requirement that applies must be
 * judged, and at least one must pass.
 *
 * @param partial whether requirements were left out on purpose
 */
export function concludeFrom(results: readonly Result[], partial: boolean): Conclusion {
  const has = (verdict: Verdict) => results.some((result) => result.verdict === verdict);
  if (has("harness-error")) return "harness_error";
  if (has("fail")) return "not_conformant";
  if (partial || has("could-not-run") || !has("pass")) return "incomplete";
  return "certified";
}
