import type { checks as allChecks } from "../../src/checks/index.ts";
import { prerequisites } from "../../src/registry/prerequisites.ts";
import { isVendorProfile, type Profile } from "../../src/registry/profiles.ts";
import { requirements } from "../../src/registry/requirements.ts";
import type { Run } from "../../src/suite/grade.ts";
import { runSuite } from "../../src/suite/run.ts";
import { mutantVendor } from "../subjects/mutant-vendor.ts";
import type { VendorKeys, VendorMutant } from "../subjects/vendor-mutant.ts";

const KEYS: VendorKeys = {
  apiKey: "mutant-matrix-key",
  secondApiKey: "mutant-matrix-second-key",
  withdrawnApiKey: "mutant-matrix-withdrawn-key",
  productionApiKey: "mutant-matrix-production-key",
};
const CLIENT = { clientId: "mutant-matrix-client", clientSecret: "mutant-matrix-client-secret" };
const SEED = 7;
/** Enough to be lost among; what takes five hundred is tried by the CLI's own tests. */
const BURST = 30;

/** What a mutant is certified in: the baseline, and beyond it the profile that it breaks, to save the others' time. */
function profilesOf({ breaks, profile: own }: VendorMutant): readonly Profile[] {
  if (own !== undefined) return [own];
  const profile = requirements.find(({ id }) => id === breaks)?.profile ?? "";
  return profile !== "inventory" && isVendorProfile(profile) ? [profile] : ["health"];
}

/** What a vendor has, and the run is given, beside what every one has. */
export interface Setting {
  /** Whether the estate belongs to two tenants, and the run gets a key of either. */
  readonly twoTenants?: boolean;
  /** Whether access tokens are issued, and the run gets a client. It takes a run seconds to see one expire. */
  readonly oauth?: boolean;
}

/** What it takes to see that a mutant is wrong. */
function settingFor(mutant: VendorMutant | null): Setting {
  const needs = prerequisites.get(mutant?.breaks ?? "")?.needs;
  return { twoTenants: needs === "second_credential", oauth: needs === "oauth_client" };
}

/**
 * Runs the suite against a mutant of the reference vendor, or against the vendor without a defect. What is about
 * several orgs of one tenant and what is about several tenants cannot be seen in one and the same estate of two orgs.
 */
export async function certifyVendor(
  mutant: VendorMutant | null,
  checks: typeof allChecks,
  signal: AbortSignal,
  { twoTenants = false, oauth = false }: Setting = settingFor(mutant),
): Promise<Run> {
  const { secondApiKey, ...keys } = KEYS;
  const vendor = mutantVendor(mutant, {
    seed: SEED,
    keys: KEYS,
    twoTenants,
    oauthClients: oauth ? [CLIENT] : [],
  });
  try {
    const credentials = { ...keys, ...(twoTenants && { secondApiKey }), ...(oauth && { client: CLIENT }) };
    const target = new URL(await vendor.listen());
    const profiles = mutant && { profiles: profilesOf(mutant) };
    return await runSuite({ target, credentials, ...profiles, burst: BURST, seed: SEED, signal, checks });
  } finally {
    await vendor.close();
  }
}
