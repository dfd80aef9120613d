import type { Mistake } from "./mistake.ts";

/** The delivery verifies with the keys that were given. */
export interface ValidDiagnosis {
  readonly verdict: "valid";
}

/** What is wrong, first what to change first. */
export interface MistakeDiagnosis {
  readonly verdict: "mistake";
  readonly mistakes: readonly [Mistake, ...Mistake[]];
  /**
   * True where the signature was computed anew with exactly these mistakes and is the one that was sent: nothing else is
   * wrong. False where these are wrong for certain and something else may be as well.
   */
  readonly complete: boolean;
  /** How many signatures were computed or verified. */
  readonly checked: number;
}

/** Nothing that was tried explains it: most likely the secrets differ. */
export interface UnknownDiagnosis {
  readonly verdict: "unknown";
  readonly explanation: string;
  /** What to compare on both sides, first the likeliest. */
  readonly compare: readonly string[];
  /** How many signatures were computed or verified. */
  readonly checked: number;
}

/** What {@link diagnose} finds. Holds no key and no signature, so it may be shown to the other side's developers. */
export type Diagnosis = ValidDiagnosis | MistakeDiagnosis | UnknownDiagnosis;
