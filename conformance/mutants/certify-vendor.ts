import type { checks as allChecks } from "../src/checks/index.ts";
import { prerequisites } from "../src/registry/prerequisites.ts";
import { isVendorProfile, type Profile } from "../src/registry/profiles.ts";
import { requirements } from "../src/registry/requirements.ts";
import type { Run } from "../src/suite/grade.ts";
import { runSuite } from "../src/suite/run.ts";
import type { Mutant } from "./mutant.ts";
import { mutantVendor } from "./mutant-vendor.ts";

const KEYS = { apiKey: "mutant-matrix-key", secondApiKey: "mutant-matrix-second-key" } as const;
const SEED = 7;
/** Enough to be lost among; what takes five hundred is tried by the CLI's own tests. */
const BURST = 30;

/** What a mutant is certified in: the baseline, and beyond it the profile that it breaks, to save the others' time. */
function profilesOf({ breaks }: Mutant): readonly Profile[] {
  const profile = requirements.find(({ id }) => id === breaks)?.profile ?? "";
  return profile !== "inventory" && isVendorProfile(profile) ? [profile] : ["health"];
}

/**
 * Runs the suite against a mutant of the reference vendor, or against the vendor without a defect. What is about
 * several orgs of one tenant and what is about several tenants cannot be seen in one and the same estate of two orgs.
 */
export async function certifyVendor(
  mutant: Mutant | null,
  checks: typeof allChecks,
  signal: AbortSignal,
  twoTenants = prerequisites.get(mutant?.breaks ?? "")?.needs === "second_credential",
): Promise<Run> {
  const { apiKey, secondApiKey } = KEYS;
  const vendor = mutantVendor(mutant, { seed: SEED, keys: KEYS, twoTenants });
  try {
    const target = new URL(await vendor.listen());
    const profiles = mutant && { profiles: profilesOf(mutant) };
    const options = { target, apiKey, ...profiles, burst: BURST, signal, checks };
    return await runSuite(twoTenants ? { ...options, secondApiKey } : options);
  } finally {
    await vendor.close();
  }
}
