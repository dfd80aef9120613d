import type { Variation } from "@convergint/example-vendor-cloud";
import { createVirtualClock } from "@convergint/testing/virtual-clock";
import { type FuzzRun, fuzzVendor } from "../../src/fuzz/fuzz.ts";
import { createTracker } from "../../src/harness/activity.ts";
import { createMutantVendor } from "../subjects/mutant-vendor.ts";
import type { VendorMutant } from "../subjects/vendor-mutant.ts";

const KEYS = {
  apiKey: "fuzzed-mutant-key",
  secondApiKey: "fuzzed-mutant-second-key",
  withdrawnApiKey: "fuzzed-mutant-withdrawn-key",
  productionApiKey: "fuzzed-mutant-production-key",
};
/** On the virtual clock, calls take no time: the number of calls ends a run. */
const UNLIMITED = { seconds: 1e7, maxVirtualSeconds: 1e9 };

export interface FuzzSetting {
  /** Selects the estate and the random calls. */
  readonly seed: number;
  readonly maxCalls: number;
  /** Splits the estate between two tenants and gives the run a key of each. */
  readonly twoTenants?: boolean;
  /** Where the vendor differs from the plain campus, within the contract. */
  readonly variation?: Variation;
  readonly signal?: AbortSignal;
}

/**
 * Fuzzes a mutant of the reference vendor on a virtual clock, until the requirement that it breaks is found.
 *
 * @param mutant `null` for the vendor without a defect, which is fuzzed until the calls are used up
 */
export async function fuzzMutant(
  mutant: VendorMutant | null,
  { seed, maxCalls, twoTenants = false, variation, signal = new AbortController().signal }: FuzzSetting,
): Promise<FuzzRun> {
  const clock = createVirtualClock();
  const vendor = createMutantVendor(mutant, {
    seed,
    keys: KEYS,
    twoTenants,
    clock,
    ...(variation && { variation }),
  });
  const { apiKey, secondApiKey } = KEYS;
  try {
    const target = new URL(await vendor.listen());
    const fuzz = () =>
      fuzzVendor({
        target,
        credentials: { apiKey, ...(twoTenants && { secondApiKey }) },
        seed,
        maxCalls,
        seconds: UNLIMITED.seconds,
        clock,
        signal,
        tracker: createTracker(),
        ...(mutant && {
          isEnough: (findings: FuzzRun["findings"]) =>
            findings.some(({ requirement }) => requirement === mutant.breaks),
          // The tests do not check how small the shrunk case is.
          maxTries: 0,
        }),
      });
    return await clock.run(fuzz, { maxSeconds: UNLIMITED.maxVirtualSeconds });
  } finally {
    await clock.run(() => vendor.close());
  }
}
