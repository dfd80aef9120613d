import type { Evidence, PartName } from "../evidence/evidence.ts";
import type { Finding } from "./finding.ts";

/**
 * Judges the evidence for one requirement. A pure function, so saved evidence can be judged again at any
 * time.
 */
export interface Check {
  /** Id of the requirement; each requirement has exactly one check. */
  readonly requirement: string;
  readonly needs: readonly PartName[];
  readonly judge: (evidence: Partial<Evidence>) => Finding | Promise<Finding>;
}

/**
 * Defines the check of a requirement.
 *
 * @param needs the parts of the evidence that the check reads; if a part is missing, the outcome is
 *   `could-not-run`. Other parts are present only if another requirement of the run needs them.
 */
export function check<const Needs extends readonly PartName[]>(
  requirement: string,
  needs: Needs,
  judge: (evidence: Pick<Evidence, Needs[number]> & Partial<Evidence>) => Finding | Promise<Finding>,
): Check {
  return {
    requirement,
    needs,
    // The suite calls `judge` only if every part in `needs` is present.
    judge: (evidence) => judge(evidence as Evidence),
  };
}
