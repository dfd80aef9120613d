import type { checks as allChecks } from "../../src/checks/index.ts";
import { requirements } from "../../src/registry/requirements.ts";
import type { Run } from "../../src/suite/grade.ts";
import { receiverMutants, vendorMutants } from "../index.ts";
import type { VendorMutant } from "../subjects/vendor-mutant.ts";
import { certifyReceiver } from "./certify-receiver.ts";
import { certifyVendor } from "./certify-vendor.ts";

/** Runs the suite against one mutant, or against a subject without a defect. */
export type Certify = (checks: typeof allChecks, signal: AbortSignal) => Promise<Run>;

/** A mutant of either subject. */
export interface MutantCase {
  readonly name: string;
  readonly of: "vendor" | "receiver";
  readonly breaks: string;
  readonly defect: string;
  /** Whether its run spends most of its time waiting for retries. */
  readonly waits: boolean;
  readonly certify: Certify;
}

const profileOf = (id: string) => requirements.find((requirement) => requirement.id === id)?.profile;

/** Every mutant, of the vendor and of the receiver. */
export const mutantCases: readonly MutantCase[] = [
  ...Object.entries(vendorMutants).map(
    ([name, mutant]): MutantCase => ({
      ...mutant,
      name,
      of: "vendor",
      waits: (mutant.profile ?? profileOf(mutant.breaks)) === "resilience",
      certify: (...how) => certifyVendor(mutant, ...how),
    }),
  ),
  ...Object.entries(receiverMutants).map(
    ([name, mutant]): MutantCase => ({
      ...mutant,
      name,
      of: "receiver",
      waits: false,
      certify: (...how) => certifyReceiver(mutant, ...how),
    }),
  ),
];

/** The vendor without a defect, set up to send batches and to retry them. */
const BATCHING: VendorMutant = {
  breaks: "DLV-012",
  profile: "resilience",
  defect: "none",
  setUp: { batching: true },
  behaviour: () => ({}),
};

/** Subjects without a defect: no check may fail them. */
export const CONTROLS: Readonly<Record<string, Certify>> = {
  vendor: (checks, signal) => certifyVendor(null, checks, signal, { oauth: true }),
  "vendor of two tenants": (checks, signal) => certifyVendor(null, checks, signal, { twoTenants: true }),
  "vendor that posts batches": (...how) => certifyVendor(BATCHING, ...how),
  receiver: (...how) => certifyReceiver(null, ...how),
};
