import type { checks as allChecks } from "../src/checks/index.ts";
import { prerequisites } from "../src/registry/prerequisites.ts";
import type { Run } from "../src/suite/grade.ts";
import { runSuite } from "../src/suite/run.ts";
import type { Mutant, VendorKeys } from "./mutant.ts";
import { mutantVendor } from "./mutant-vendor.ts";

const KEYS: VendorKeys = {
  apiKey: "mutant-matrix-key",
  secondApiKey: "mutant-matrix-second-key",
  withdrawnApiKey: "mutant-matrix-withdrawn-key",
  productionApiKey: "mutant-matrix-production-key",
};
const CLIENT = { clientId: "mutant-matrix-client", clientSecret: "mutant-matrix-client-secret" };
const SEED = 7;

/** What a vendor has, and the run is given, beside what every one has. */
export interface Setting {
  /** Whether the estate belongs to two tenants, and the run gets a key of either. */
  readonly twoTenants?: boolean;
  /** Whether access tokens are issued, and the run gets a client. It takes a run seconds to see one expire. */
  readonly oauth?: boolean;
}

/** What it takes to see that a mutant is wrong. */
function settingFor(mutant: Mutant | null): Setting {
  const needs = prerequisites.get(mutant?.breaks ?? "")?.needs;
  return { twoTenants: needs === "second_credential", oauth: needs === "oauth_client" };
}

/**
 * Runs the whole suite against a mutant of the reference vendor, or against the vendor without a defect. What is about
 * several orgs of one tenant and what is about several tenants cannot be seen in one and the same estate of two orgs.
 */
export async function certifyVendor(
  mutant: Mutant | null,
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
    return await runSuite({ target, credentials, profiles: ["health"], signal, checks });
  } finally {
    await vendor.close();
  }
}
