import { describe, expect, test } from "vitest";
import { checks } from "../src/checks/index.ts";
import { controls, mutantCases as mutants } from "./matrix/cases.ts";
import {
  certifyControl,
  certifyMutant,
  type Extent,
  listDefects,
  type Outcome,
  runMatrix,
} from "./matrix/matrix.ts";
import { sampleOf, sampleSeed } from "./matrix/sample.ts";
import { createTimeLimit } from "./matrix/time-limit.ts";

const seed = sampleSeed();
const sample = sampleOf(mutants, seed);
const withinLimit = createTimeLimit();
/** The tests set no time limit, because `withinLimit` derives a limit from the earlier runs. */
const UNLIMITED = 0;

console.log(
  `Whole runs of the sample with MATRIX_SEED=${seed}: ${sample.map(({ name }) => name).join(", ")}`,
);

test.each(Object.keys(controls))(
  "the %s without a defect fails no check",
  async (name) => {
    expect(await withinLimit(name, (signal) => certifyControl(name, checks, signal))).toEqual([]);
  },
  UNLIMITED,
);

const outcomes = new Map<string, Outcome>();

async function certify(name: string, extent: Extent): Promise<Outcome> {
  const mutant = mutants.find((each) => each.name === name);
  if (!mutant) throw new Error(`There is no mutant ${name}.`);
  const outcome = await withinLimit(name, (signal) => certifyMutant(mutant, checks, { extent, signal }));
  outcomes.set(`${extent} ${name}`, outcome);
  return outcome;
}

/** Asserts that the results have one failure, of the requirement that the mutant breaks. */
function expectOnlyFailure({ results }: Outcome, breaks: string): void {
  const failed = results.filter(({ failures }) => failures.length > 0);
  expect(failed.map(({ requirement }) => requirement.id)).toEqual([breaks]);
  expect(results.filter(({ verdict }) => verdict === "harness-error")).toEqual([]);
}

describe("focused runs", () => {
  test.each(mutants)(
    "$name fails its own requirement and no other",
    async ({ name, breaks }) => expectOnlyFailure(await certify(name, "focused"), breaks),
    UNLIMITED,
  );
});

describe(`whole runs, seed ${seed}`, () => {
  test.each(sample)(
    "$name fails its own requirement and no other",
    async ({ name, breaks }) => expectOnlyFailure(await certify(name, "whole"), breaks),
    UNLIMITED,
  );
});

test("every mutant survives when the check of its requirement is removed", () => {
  expect(outcomes.size).toBe(mutants.length + sample.length);
  const survivors = new Set<string>();
  for (const { name, breaks } of mutants) {
    for (const extent of ["focused", "whole"]) {
      const results = outcomes.get(`${extent} ${name}`)?.withoutOwn;
      if (!results) continue;
      const own = results.find(({ requirement }) => requirement.id === breaks);
      expect([name, own?.verdict]).toEqual([name, "could-not-run"]);
      expect(results.filter(({ failures }) => failures.length > 0)).toEqual([]);
      survivors.add(breaks);
    }
  }
  expect([...survivors].toSorted()).toEqual(checks.map(({ requirement }) => requirement).toSorted());
});

test(
  "the matrix reports a missing check and its survivors",
  async () => {
    const [first, ...others] = checks;
    const broken = mutants.filter(({ breaks }) => breaks === first?.requirement);
    const options = { whole: [], controlNames: ["receiver"], signal: new AbortController().signal };
    const defects = listDefects(await runMatrix(broken, others, options));
    expect(defects).toContain(`${broken[0]?.name} survived`);
    expect(defects).toContain(`${first?.requirement} has neither a check nor an exclusion`);
  },
  UNLIMITED,
);
