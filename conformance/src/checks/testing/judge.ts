import type { Evidence } from "../../evidence/evidence.ts";
import type { Finding } from "../finding.ts";
import { checks } from "../index.ts";

/**
 * Judges made-up evidence for one requirement.
 *
 * @param evidence the members that the check reads; a test may leave out the others
 */
export async function judge(requirement: string, evidence: object): Promise<Finding> {
  const check = checks.find((each) => each.requirement === requirement);
  if (!check) throw new Error(`no check for ${requirement}`);
  return check.judge(evidence as Partial<Evidence>);
}

/** Judges made-up evidence for one requirement, and returns only the outcome. */
export const outcomeOf = async (requirement: string, evidence: object): Promise<Finding["outcome"]> =>
  (await judge(requirement, evidence)).outcome;
