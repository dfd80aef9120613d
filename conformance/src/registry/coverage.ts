import type { Check } from "../checks/check.ts";
import { checks } from "../checks/index.ts";
import type { PartName } from "../evidence/evidence.ts";
import { scenarios } from "../scenarios/index.ts";
import { receiverScenarios } from "../scenarios/receiver/index.ts";
import { exclusions } from "./exclusions.ts";
import mutants from "./mutants.json" with { type: "json" };
import { prerequisites } from "./prerequisites.ts";
import { type Requirement, requirements } from "./requirements.ts";

/** A mutant that proves a check: what it was made of, and what is wrong with it. */
export interface ProvingMutant {
  readonly name: string;
  readonly of: string;
  readonly defect: string;
}

/** How the suite answers for one requirement. */
export interface Coverage {
  readonly requirement: Requirement;
  /** What is done to see it, in the order in which it is done; none where it is not checked. */
  readonly scenarios: readonly string[];
  readonly checked: boolean;
  readonly mutants: readonly ProvingMutant[];
  /** Why it is not checked; `null` where it is. */
  readonly reason: string | null;
  /** What it takes to judge it, and what to give; `null` where it takes nothing. */
  readonly prerequisite: string | null;
}

const titles = new Map<PartName, string>([
  ...scenarios.map(({ part, title }) => [part, title] as const),
  ...receiverScenarios.map(({ part, title }) => [part, title] as const),
]);

const scenariosOf = (check: Check | undefined): string[] =>
  [...titles].flatMap(([part, title]) => (check?.needs.includes(part) ? [title] : []));

/** How the suite answers for each requirement of the contract, in the contract's order. */
export function coverage(): readonly Coverage[] {
  return requirements.map((requirement) => {
    const check = checks.find((each) => each.requirement === requirement.id);
    return {
      requirement,
      scenarios: scenariosOf(check),
      checked: check !== undefined,
      mutants: mutants
        .filter(({ breaks }) => breaks === requirement.id)
        .map(({ name, of, defect }) => ({ name, of, defect })),
      reason: exclusions.get(requirement.id) ?? null,
      prerequisite: prerequisites.get(requirement.id)?.reason ?? null,
    };
  });
}

/** What nobody answers for: a MUST or SHOULD that has neither a check and a mutant that proves it, nor a reason. */
export const findUncovered = (rows: readonly Coverage[]): readonly Coverage[] =>
  rows.filter(
    ({ requirement, checked, mutants: proving, reason }) =>
      requirement.level !== "MAY" && reason === null && !(checked && proving.length > 0),
  );
