import type { Check } from "../../src/checks/check.ts";
import { checks } from "../../src/checks/index.ts";
import type { PartName } from "../../src/evidence/evidence.ts";
import { scenarios } from "../../src/scenarios/index.ts";
import { receiverScenarios } from "../../src/scenarios/receiver/index.ts";
import { scenariosFor } from "../../src/suite/collect.ts";
import type { MutantCase } from "./cases.ts";

/** The parts of the evidence that a run records if it runs only what these parts need. */
function recordedFor(of: MutantCase["of"], needs: readonly PartName[]): ReadonlySet<PartName> {
  const needed =
    of === "vendor"
      ? scenariosFor(["discovery", ...needs], scenarios)
      : scenariosFor(["signatures", ...needs], receiverScenarios);
  return new Set(needed.map(({ part }) => part));
}

/**
 * Selects the checks of a mutant's focused run: the check of the requirement that the mutant breaks, and
 * every other check that needs no evidence beyond the evidence of that check.
 */
export function checksInFocus({ breaks, of, alsoRecord }: MutantCase): readonly Check[] {
  const own = checks.find(({ requirement }) => requirement === breaks);
  const recorded = recordedFor(of, [...(own?.needs ?? []), ...alsoRecord]);
  return checks.filter(({ needs }) => needs.every((part) => recorded.has(part)));
}
