import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { checks } from "../src/checks/index.ts";
import { mutantCases as mutants } from "./matrix/cases.ts";
import type { Outcome } from "./matrix/certify-apart.ts";
import { certifyAll, defectsOf, runMatrix } from "./matrix/matrix.ts";

const never = new AbortController();
afterAll(() => never.abort());

describe("the matrix", () => {
  const outcomes = new Map<string, Outcome>();
  beforeAll(async () => {
    for await (const { mutant, outcome } of certifyAll(mutants, [], never.signal))
      outcomes.set(mutant.name, outcome);
  }, 1_200_000);

  test.each(mutants)("$name is failed by its own requirement and by no other", ({ name, breaks }) => {
    const broken = outcomes.get(name)?.results.filter(({ failures }) => failures.length > 0);
    expect(broken?.map(({ requirement }) => requirement.id)).toEqual([breaks]);
    expect(outcomes.get(name)?.results.filter(({ verdict }) => verdict === "harness-error")).toEqual([]);
  });

  test("a mutant survives as soon as its check is taken out, whichever check that is", async () => {
    for (const { name, breaks } of mutants) {
      const results = outcomes.get(name)?.withoutOwn;
      if (!results) throw new Error(`${name} was not run`);
      const [own] = results.filter(({ requirement }) => requirement.id === breaks);
      expect([name, own?.verdict], "nothing else may notice it").toEqual([name, "could-not-run"]);
      expect(results.filter(({ failures }) => failures.length > 0)).toEqual([]);
    }
  }, 60_000);
});

test("what has no defect is found guilty of nothing, and a missing check is noticed", async () => {
  const options = { signal: never.signal };
  expect(
    defectsOf(await runMatrix([], checks, options)).filter((line) => !line.includes("no mutant")),
  ).toEqual([]);
  const [first, ...others] = checks;
  const survivors = mutants.filter(({ breaks }) => breaks === first?.requirement);
  const defects = defectsOf(await runMatrix(survivors, others, options));
  expect(defects).toContain(`${survivors[0]?.name} survived`);
  expect(defects).toContain(`${first?.requirement} has neither a check nor a reason for having none`);
}, 240_000);
