import type { Check } from "../checks/check.ts";
import { checks } from "../checks/index.ts";
import type { PartName } from "../evidence/evidence.ts";
import { scenarios } from "../scenarios/index.ts";
import { receiverScenarios } from "../scenarios/receiver/index.ts";
import { exclusions } from "./exclusions.ts";
import mutants from "./mutants.json" with { type: "json" };
import { prerequisites } from "./prerequisites.ts";
import { type Requirement, requirements } from "./requirements.ts";

/** A mutant that proves a check: what it mutates, and its defect. */
interface ProvingMutant {
  readonly name: string;
  readonly of: string;
  readonly defect: string;
}

/** How the suite covers one requirement. */
export interface Coverage {
  readonly requirement: Requirement;
  /**
   * The titles of the scenarios whose evidence the requirement's check reads, in order of execution; empty
   * without a check.
   */
  readonly scenarios: readonly string[];
  readonly checked: boolean;
  readonly mutants: readonly ProvingMutant[];
  /** Why the requirement has no check; `null` if it has one. */
  readonly reason: string | null;
  /** What a run needs in order to judge the requirement; `null` if it needs nothing special. */
  readonly prerequisite: string | null;
}

const titles = new Map<PartName, string>([
  ...scenarios.map(({ part, title }) => [part, title] as const),
  ...receiverScenarios.map(({ part, title }) => [part, title] as const),
]);

const scenariosOf = (check: Check | undefined): string[] =>
  [...titles].flatMap(([part, title]) => (check?.needs.includes(part) ? [title] : []));

/** Returns how the suite covers each requirement, in the contract's order. */
export function listCoverage(): readonly Coverage[] {
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

/**
 * Returns the requirements without coverage: each MUST or SHOULD that has neither a reason for its exclusion
 * nor a check that a mutant proves.
 */
export const findUncovered = (rows: readonly Coverage[]): readonly Coverage[] =>
  rows.filter(
    ({ requirement, checked, mutants: proving, reason }) =>
      requirement.level !== "MAY" && reason === null && !(checked && proving.length > 0),
  );

/** The differences between the registry, the checks and the exclusions. If they agree, all lists are empty. */
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
