import { expect, test } from "vitest";
import { checks } from "../src/checks/index.ts";
import { vendorMutants } from "./index.ts";
import { type Certify, mutantCases } from "./matrix/cases.ts";
import { certifyVendor } from "./matrix/certify-vendor.ts";
import { certifyMutant } from "./matrix/matrix.ts";
import { testMatrixPart } from "./matrix/matrix-part.ts";

testMatrixPart(2);

/** Runs the checks that read the same evidence against a mutant whose endpoints were registered by hand. */
async function failuresByHand(name: string, byHand: 1 | 2): Promise<readonly string[]> {
  const [mutant, found] = [vendorMutants[name], mutantCases.find((each) => each.name === name)];
  if (!mutant || !found) throw new Error(`there is no mutant ${name}`);
  const { signal } = new AbortController();
  const certify: Certify = (used, until) => certifyVendor(mutant, used, until, { byHand });
  const { results } = await certifyMutant({ ...found, certify }, checks, { extent: "focused", signal });
  return results
    .filter(({ verdict }) => ["fail", "warn", "info", "harness-error"].includes(verdict))
    .map(({ requirement, verdict }) => `${requirement.id} ${verdict}`);
}

test.each([
  ["evt-009-an-id-for-each-endpoint", 2, ["EVT-009 fail"]],
  ["sig-001-reformatted-body", 1, ["SIG-001 fail"]],
  ["dlv-002-an-id-for-each-attempt", 1, ["DLV-002 fail"]],
  ["dlv-007-waits-for-the-slow", 2, ["DLV-007 fail"]],
] as const)("%s is caught with %d endpoints that were registered by hand", async (name, byHand, failures) => {
  expect(await failuresByHand(name, byHand)).toEqual(failures);
});
