import type { Mistake } from "./mistake.ts";

/** The delivery verifies with the given keys. */
export interface ValidDiagnosis {
  readonly verdict: "valid";
}

/** What is wrong, in the order to fix it. */
export interface MistakeDiagnosis {
  readonly verdict: "mistake";
  readonly mistakes: readonly [Mistake, ...Mistake[]];
  /**
   * True if exactly these mistakes reproduce the signature that was sent, so nothing else is wrong. False if
   * these mistakes are certain but something else may be wrong too.
   */
  readonly complete: boolean;
  /** How many signatures were computed or verified. */
  readonly checked: number;
}

/** No known mistake explains the signature: most likely the secrets differ. */
export interface UnknownDiagnosis {
  readonly verdict: "unknown";
  readonly explanation: string;
  /** What to compare on both sides, likeliest first. */
  readonly compare: readonly string[];
  /** How many signatures were computed or verified. */
  readonly checked: number;
}

/** The result of {@link diagnose}. Contains no key and no signature, so the other side's engineers may see it. */
export type Diagnosis = ValidDiagnosis | MistakeDiagnosis | UnknownDiagnosis;
