import type { Evidence, PartName } from "../evidence/evidence.ts";
import type { Finding } from "./finding.ts";

/** Judges the evidence for one requirement: pure, so that it can be judged again, elsewhere and later. */
export interface Check {
  /** Id of the requirement, which has this check and no other. */
  readonly requirement: string;
  readonly needs: readonly PartName[];
  readonly judge: (evidence: Partial<Evidence>) => Finding | Promise<Finding>;
}

/**
 * Defines the check of a requirement.
 *
 * @param needs the parts of the evidence it reads; where one is missing, it could not run. What it is given beside those
 *   is there only where another requirement of the run asked for it.
 */
export function check<const Needs extends readonly PartName[]>(
  requirement: string,
  needs: Needs,
  judge: (evidence: Pick<Evidence, Needs[number]> & Partial<Evidence>) => Finding | Promise<Finding>,
): Check {
  return {
    requirement,
    needs,
    // The suite calls `judge` only when every part in `needs` is there.
    judge: (evidence) => judge(evidence as Evidence),
  };
}
