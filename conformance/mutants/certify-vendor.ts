import type { checks as allChecks } from "../src/checks/index.ts";
import type { Run } from "../src/suite/grade.ts";
import { runSuite } from "../src/suite/run.ts";
import type { Mutant } from "./mutant.ts";
import { mutantVendor } from "./mutant-vendor.ts";

const API_KEY = "mutant-matrix-key";
const SEED = 7;

/** Runs the whole suite against a mutant of the reference vendor, or against the vendor without a defect. */
export async function certifyVendor(
  mutant: Mutant | null,
  checks: typeof allChecks,
  signal: AbortSignal,
): Promise<Run> {
  const vendor = mutantVendor(mutant, { seed: SEED, apiKey: API_KEY });
  try {
    const target = new URL(await vendor.listen());
    return await runSuite({ target, apiKey: API_KEY, profiles: ["health"], signal, checks });
  } finally {
    await vendor.close();
  }
}
