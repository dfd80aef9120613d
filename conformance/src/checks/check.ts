import type { Evidence, ManagedEndpoints, ManagedLifecycle, PartName } from "../evidence/evidence.ts";
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

/** Evidence of a run that registered its endpoints by the vendor's API. */
type Managed<Part extends PartName> = Part extends "endpoints"
  ? ManagedEndpoints
  : Part extends "lifecycle"
    ? ManagedLifecycle
    : Evidence[Part];

/**
 * Defines the check of a requirement about the vendor's API for endpoints. Without that API, the manifest does not declare
 * the requirement's capability, and the check never runs.
 */
export const endpointCheck = <const Needs extends readonly PartName[]>(
  requirement: string,
  needs: Needs,
  judge: (
    evidence: { readonly [Part in Needs[number]]: Managed<Part> } & Partial<Evidence>,
  ) => Finding | Promise<Finding>,
): Check => check(requirement, needs, (evidence) => judge(evidence as never));
