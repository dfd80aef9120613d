import type { Check } from "../../src/checks/check.ts";
import { checks } from "../../src/checks/index.ts";
import type { PartName } from "../../src/evidence/evidence.ts";
import { scenarios } from "../../src/scenarios/index.ts";
import { receiverScenarios } from "../../src/scenarios/receiver/index.ts";
import { scenariosFor } from "../../src/suite/collect.ts";
import type { MutantCase } from "./cases.ts";

/**
 * Returns the parts of the evidence that a run records if it runs only the scenarios that the given parts
 * need.
 */
function recordedFor(of: MutantCase["of"], needs: readonly PartName[]): ReadonlySet<PartName> {
  const needed =
    of === "vendor"
      ? scenariosFor(["discovery", ...needs], scenarios)
      : scenariosFor(["signatures", ...needs], receiverScenarios);
  return new Set(needed.map(({ part }) => part));
}

/**
 * Selects the checks of a mutant's focused run. The first is the check of the requirement that the mutant
 * breaks. The others are the checks that need only the evidence of the first check.
 */
export function checksInFocus({ breaks, of, alsoRecord }: MutantCase): readonly Check[] {
  const own = checks.find(({ requirement }) => requirement === breaks);
  const recorded = recordedFor(of, [...(own?.needs ?? []), ...alsoRecord]);
  return checks.filter(({ needs }) => needs.every((part) => recorded.has(part)));
}
