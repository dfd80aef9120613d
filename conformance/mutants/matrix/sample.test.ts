import { expect, test } from "vitest";
import { mutantCases } from "./cases.ts";
import { sampleOf, sampleSeed } from "./sample.ts";

test("the same seed selects the same mutants", () => {
  expect(sampleOf(mutantCases, 20_000)).toEqual(sampleOf(mutantCases, 20_000));
});

test("consecutive seeds cover every mutant", () => {
  const size = sampleOf(mutantCases, 0).length;
  expect(size).toBeGreaterThan(0);
  const days = Math.ceil(mutantCases.length / size);
  for (const first of [0, 7, 20_000]) {
    const seen = Array.from({ length: days }, (_, day) => sampleOf(mutantCases, first + day)).flat();
    expect(new Set(seen).size).toBe(mutantCases.length);
  }
});

test("the seed is the day, or MATRIX_SEED", () => {
  const day = Date.UTC(2026, 0, 1);
  expect(sampleSeed({}, day + 86_399_999)).toBe(sampleSeed({}, day));
  expect(sampleSeed({}, day + 86_400_000)).toBe(sampleSeed({}, day) + 1);
  expect(sampleSeed({ MATRIX_SEED: "12" })).toBe(12);
  expect(() => sampleSeed({ MATRIX_SEED: "yesterday" })).toThrow("MATRIX_SEED");
});
