import { expect, test } from "vitest";
import { certifyVariation, describeVariedRun } from "./matrix/variations.ts";

/**
 * Seeds that once showed a false failure: delays, copies, rate limits, and devices moved by others. The command
 * `pnpm variations` runs any other seeds; a seed that fails there is added here once it passes.
 */
const SEEDS_THAT_FAILED = [10, 12, 17, 167_296];

test.each(SEEDS_THAT_FAILED)("no check fails the variation of seed %d", async (seed) => {
  const varied = await certifyVariation(seed, new AbortController().signal);
  expect([varied.drawn, ...describeVariedRun(varied).failures]).toEqual([varied.drawn]);
  expect(varied.run.conclusion).toMatch(/^(certified|incomplete)$/);
});
