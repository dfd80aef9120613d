import type { Failure } from "../checks/finding.ts";
import type { Requirement } from "../registry/requirements.ts";

/** What became of one requirement in one run. */
export type Verdict =
  | "pass"
  | "fail"
  | "warn"
  | "info"
  | "not-applicable"
  | "could-not-run"
  | "harness-error";

/** A requirement with its verdict and what the verdict rests on. */
export interface Result {
  readonly requirement: Requirement;
  readonly verdict: Verdict;
  /** Ids of the exchanges and deliveries that a pass rests on. */
  readonly cites: readonly string[];
  readonly failures: readonly Failure[];
  /** How many things of a kind were judged, those that failed among them; `null` where none failed, or they are of several kinds. */
  readonly judged: number | null;
  /** Why there is no pass and no failure, or which part of it a pass leaves unseen; `null` where there is nothing to say. */
  readonly reason: string | null;
}

/** What breaking a requirement amounts to. It follows from the keyword and is never set by hand. */
export const severityOf = {
  MUST: "fail",
  SHOULD: "warn",
  MAY: "info",
} as const satisfies Record<Requirement["level"], Verdict>;

/** What a run concludes. */
export type Conclusion =
  | "certified"
  | "not_conformant"
  | "incomplete"
  | "unreachable"
  | "interrupted"
  | "harness_error";

/** How the process ends, for CI. */
export const exitCodeOf = {
  certified: 0,
  not_conformant: 1,
  unreachable: 3,
  incomplete: 4,
  harness_error: 5,
  interrupted: 130,
} as const satisfies Record<Conclusion, number>;

/** Exit code of a command line that could not be understood. */
export const EXIT_USAGE = 2;

/**
 * What results amount to. Nothing certifies by default: every requirement that applies must have been judged, and
 * something must have passed.
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
