import { differencesOf, drawVariation } from "@convergint/example-vendor-cloud";
import { createSeededRandom } from "@convergint/internal/seeded-random";
import { checks as allChecks } from "../../src/checks/index.ts";
import type { Run } from "../../src/suite/grade.ts";
import { certifyVendor } from "./certify-vendor.ts";

/** A run against a conforming vendor that differs from the reference vendor. */
export interface VariedRun {
  readonly seed: number;
  /** The variation that the seed produced, as JSON. */
  readonly drawn: string;
  readonly run: Run;
}

/** Certifies the reference vendor as the variation of a seed, on a virtual clock. */
export async function certifyVariation(seed: number, signal: AbortSignal): Promise<VariedRun> {
  const random = createSeededRandom(seed);
  const variation = drawVariation(seed);
  const tokens = ([undefined, "too", "only"] as const)[random.below("tokens", 3)];
  const setting = {
    twoTenants: random.below("tenants", 2) === 1,
    oauth: ([undefined, "secret", undefined, "key"] as const)[random.below("oauth", 4)],
    tokens,
    // The scripted person uses an API key.
    person: random.below("person", 8) === 0 && tokens !== "only",
  };
  const drawn = JSON.stringify({ ...setting, ...differencesOf(variation) });
  const run = await certifyVendor(null, allChecks, signal, { ...setting, variation, seed });
  return { seed, drawn, run };
}

/** In a window of this length, each event of the reference vendor's families occurs several times. */
const WATCH_HOURS = 0.6;

/** Watches the reference vendor as the variation of a seed, in a passive window. */
export async function observeVariation(seed: number, signal: AbortSignal): Promise<VariedRun> {
  const variation = drawVariation(seed);
  const byHand = createSeededRandom(seed).below("endpoints", 2) === 0 ? 1 : 2;
  const drawn = JSON.stringify({ byHand, ...differencesOf(variation) });
  const setting = { variation, seed, byHand, watchHours: WATCH_HOURS } as const;
  const run = await certifyVendor(null, allChecks, signal, setting);
  return { seed, drawn, run };
}

/** Describes each false failure of a run, and each reason why requirements could not be judged. */
export function describeVariedRun({ seed, run }: VariedRun): {
  readonly failures: readonly string[];
  readonly incomplete: readonly string[];
} {
  const failures = run.results.flatMap(({ requirement, verdict, failures: [first], reason }) => {
    if (verdict === "harness-error") return [`seed ${seed}: ${requirement.id} harness-error: ${reason}`];
    if (first === undefined) return [];
    const where = [first.at, first.where].filter(Boolean).join(" ");
    return [
      `seed ${seed}: ${requirement.id} ${verdict} at ${where}: expected ${first.expected}, got ${first.actual}`,
    ];
  });
  const byReason = Map.groupBy(
    run.results.filter(({ verdict }) => verdict === "could-not-run"),
    ({ reason }) => reason,
  );
  const incomplete = [...byReason].map(
    ([reason, results]) =>
      `seed ${seed}: ${results.map(({ requirement }) => requirement.id).join(", ")} could not run: ${reason}`,
  );
  return { failures, incomplete };
}
