import { describe, expect, test } from "vitest";
import { checks } from "../../src/checks/index.ts";
import { controls, type MutantCase, mutantCases } from "./cases.ts";
import { certifyControl, certifyMutant, type Extent, type Outcome } from "./matrix.ts";
import { sampleOf, sampleSeed } from "./sample.ts";
import { createTimeLimit } from "./time-limit.ts";

/** Vitest's limit of a test: none, because `withinLimit` limits each run. */
const UNLIMITED = 0;

/** The number of test files that share the matrix, so that two processors can work on it. */
const PARTS = 2;

/** Asserts that the results have one failure, of the requirement that the mutant breaks. */
function expectOnlyFailure({ results }: Outcome, breaks: string): void {
  const failed = results.filter(({ failures }) => failures.length > 0);
  expect(failed.map(({ requirement }) => requirement.id)).toEqual([breaks]);
  expect(results.filter(({ verdict }) => verdict === "harness-error")).toEqual([]);
}

/** Asserts that no check fails if the check of the broken requirement is left out. */
function expectSurvival({ withoutOwn }: Outcome, breaks: string): void {
  const own = withoutOwn.find(({ requirement }) => requirement.id === breaks);
  expect(own?.verdict).toBe("could-not-run");
  expect(withoutOwn.filter(({ failures }) => failures.length > 0)).toEqual([]);
}

/**
 * Declares the tests of one part of the mutant matrix. Together, the parts cover every mutant and every subject without
 * a defect.
 *
 * @param part 1 or 2
 */
export function testMatrixPart(part: 1 | 2): void {
  const ofThisPart = <Each>(all: readonly Each[]) => all.filter((_, index) => index % PARTS === part - 1);
  const withinLimit = createTimeLimit();
  const seed = sampleSeed();
  const sample = ofThisPart(sampleOf(mutantCases, seed));
  console.log(
    `Whole runs of the sample with MATRIX_SEED=${seed}: ${sample.map(({ name }) => name).join(", ")}`,
  );

  test.each(ofThisPart(Object.keys(controls)))(
    "the %s without a defect fails no check",
    async (name) => {
      expect(await withinLimit(name, (signal) => certifyControl(name, checks, signal))).toEqual([]);
    },
    UNLIMITED,
  );

  const expectCaught = async (mutant: MutantCase, extent: Extent) => {
    const outcome = await withinLimit(mutant.name, (signal) =>
      certifyMutant(mutant, checks, { extent, signal }),
    );
    expectOnlyFailure(outcome, mutant.breaks);
    expectSurvival(outcome, mutant.breaks);
  };
  const title = "$name fails its own requirement and no other, and survives without the check";

  describe("focused runs", () => {
    test.each(ofThisPart(mutantCases))(title, (mutant) => expectCaught(mutant, "focused"), UNLIMITED);
  });

  describe(`whole runs, seed ${seed}`, () => {
    test.each(sample)(title, (mutant) => expectCaught(mutant, "whole"), UNLIMITED);
  });
}
