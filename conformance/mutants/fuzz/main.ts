import { randomInt } from "node:crypto";
import { differencesOf, drawVariation } from "@convergint/example-vendor-cloud";
import { MAX_SEED } from "@convergint/internal/seeded-random";
import { Command } from "commander";
import { fuzzMutants } from "../fuzz.ts";
import { fuzzMutant } from "../matrix/fuzz-vendor.ts";

interface Flags {
  readonly seeds: boolean;
  readonly runs: number;
  readonly maxCalls: number;
  readonly seed?: number;
}

/** How many calls the tests make for each mutant, and how many seeds to try. */
const [TEST_CALLS, MAX_SEEDS] = [300, 30];

/**
 * Prints the first seed with which each mutant is found in the tests. Run this after a change of the
 * generated calls.
 */
async function findSeeds(): Promise<void> {
  for (const [name, mutant] of Object.entries(fuzzMutants)) {
    let seed = 0;
    for (let isFound = false; !isFound && seed < MAX_SEEDS; ) {
      seed += 1;
      const { findings } = await fuzzMutant(mutant, { seed, maxCalls: TEST_CALLS });
      isFound = findings.some(({ requirement }) => requirement === mutant.breaks);
    }
    console.log(`${name} ${seed}`);
  }
}

/** Fuzzes the reference vendor with random seeds. Every second run has two tenants, every third one a variation. */
async function run({ runs, maxCalls, seed: given, seeds }: Flags): Promise<void> {
  if (seeds) return findSeeds();
  const interrupt = new AbortController();
  process.once("SIGINT", () => interrupt.abort());
  let found = 0;
  let calls = 0;
  for (let done = 0; done < runs && !interrupt.signal.aborted; done += 1) {
    const seed = given ?? randomInt(MAX_SEED + 1);
    process.stdout.write(`${done + 1}/${runs} seed ${seed}: `);
    const variation = seed % 3 === 0 ? drawVariation(seed) : null;
    const twoTenants = seed % 2 === 0;
    const { findings, unconfirmed, ...ended } = await fuzzMutant(null, {
      seed,
      maxCalls,
      twoTenants,
      ...(variation && { variation }),
      signal: interrupt.signal,
    });
    calls += ended.calls;
    found += findings.length + unconfirmed.length;
    const drawn = JSON.stringify({ twoTenants, ...(variation && differencesOf(variation)) });
    console.log(`${ended.calls} calls, ${findings.length} findings ${drawn}`);
    for (const { requirement, kind, expected, actual, commands } of [...findings, ...unconfirmed])
      console.error(
        `  ✗ ${requirement} ${kind}: expected ${expected}, got ${actual}\n${commands.join("\n")}`,
      );
  }
  console.log(`\n${calls} calls, ${found} findings`);
  process.exitCode = interrupt.signal.aborted ? 130 : Math.min(found, 1);
}

await new Command("fuzz-campus")
  .description("Fuzz the reference vendor with random seeds. Nothing may be found.")
  .option("--runs <n>", "how many runs to make", Number, 100)
  .option("--max-calls <n>", "how many calls each run makes", Number, 500)
  .option("--seeds", "instead, find a seed for each mutant that only fuzzing finds", false)
  .option("--seed <n>", "repeats the run with this seed", Number)
  .action(run)
  .parseAsync();
