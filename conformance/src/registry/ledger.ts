import type { Requirement } from "./requirements.ts";

/** Where the registry, the checks and the exclusions disagree; empty lists mean that they agree. */
export interface LedgerGaps {
  /** Requirements with neither a check nor a reasoned exclusion. */
  readonly unanswered: readonly string[];
  /** Requirements with both a check and an exclusion. */
  readonly answeredTwice: readonly string[];
  /** Checks and exclusions for ids that the contract does not have. */
  readonly unknown: readonly string[];
}

/** Compares the contract's requirements with the checks and exclusions, in both directions. */
export function findLedgerGaps(
  requirements: readonly Pick<Requirement, "id">[],
  checked: readonly string[],
  excluded: readonly string[],
): LedgerGaps {
  const ids = new Set(requirements.map(({ id }) => id));
  const covered = [...checked, ...excluded];
  return {
    unanswered: [...ids].filter((id) => !covered.includes(id)),
    answeredTwice: [...ids].filter((id) => covered.filter((each) => each === id).length > 1),
    unknown: covered.filter((id) => !ids.has(id)),
  };
}
