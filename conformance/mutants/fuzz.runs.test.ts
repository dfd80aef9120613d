import { expect, test } from "vitest";
import { fuzzMutants } from "./fuzz.ts";
import { mutantCases } from "./matrix/cases.ts";
import { fuzzMutant } from "./matrix/fuzz-vendor.ts";

const MAX_CALLS = 300;

test.each(Object.entries(fuzzMutants))("fuzzing finds %s", async (name, mutant) => {
  expect(name.toUpperCase().startsWith(mutant.breaks)).toBe(true);
  const { findings, calls } = await fuzzMutant(mutant, { seed: mutant.seed, maxCalls: MAX_CALLS });
  expect([findings.map(({ requirement }) => requirement), calls]).toEqual([
    expect.arrayContaining([mutant.breaks]),
    expect.any(Number),
  ]);
});

test("fuzzing finds nothing at the reference vendor, with one tenant or two", async () => {
  for (const twoTenants of [false, true]) {
    const { findings, unconfirmed } = await fuzzMutant(null, { seed: 2, maxCalls: MAX_CALLS, twoTenants });
    expect([findings, unconfirmed]).toEqual([[], []]);
  }
});

test("no mutant of the matrix is also a mutant that only fuzzing finds", () => {
  const names = new Set(mutantCases.map(({ name }) => name));
  expect(Object.keys(fuzzMutants).filter((name) => names.has(name))).toEqual([]);
});
