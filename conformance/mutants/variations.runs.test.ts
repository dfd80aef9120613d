import { expect, test } from "vitest";
import { sampleSeed } from "./matrix/sample.ts";
import { certifyVariation, describeVariedRun } from "./matrix/variations.ts";

/**
 * Seeds that once showed false failures of several kinds. Seed 6: a listing that describes an earlier moment,
 * in a tenant that changes every second. Seed 10: devices that others add, move and remove, copies, and a
 * vendor that limits commands.
 */
const SEEDS_THAT_FAILED = [6, 10];

/** The seeds that `pnpm variations` runs; one seed a day, in order. */
const SEEDS = 200;
const day = sampleSeed();
const seedOfDay = 1 + (day % SEEDS);

console.log(`Today's variation with MATRIX_SEED=${day}: seed ${seedOfDay}`);

test.each([...SEEDS_THAT_FAILED, seedOfDay])("no check fails the variation of seed %d", async (seed) => {
  const varied = await certifyVariation(seed, new AbortController().signal);
  expect([varied.drawn, ...describeVariedRun(varied).failures]).toEqual([varied.drawn]);
  expect(varied.run.conclusion).toMatch(/^(certified|incomplete)$/);
});
