import type { checks as allChecks } from "../../src/checks/index.ts";
import type { PartName } from "../../src/evidence/evidence.ts";
import type { Run } from "../../src/suite/grade.ts";
import { receiverMutants, vendorMutants } from "../index.ts";
import type { Operator } from "../subjects/operator.ts";
import type { ReceiverMutant, ReceiverParts } from "../subjects/reference-receiver.ts";
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
  readonly operator: Operator;
  readonly defect: string;
  /**
   * Further parts of the evidence that the check needs in order to fail, in addition to the parts that the
   * check declares.
   */
  readonly alsoRecord: readonly PartName[];
  /** The mutant itself; `null` for one of the receiver. */
  readonly vendor: VendorMutant | null;
  readonly certify: Certify;
}

/** Every mutant, of the vendor and of the receiver. */
export const mutantCases: readonly MutantCase[] = [
  ...Object.entries(vendorMutants).map(
    ([name, mutant]): MutantCase => ({
      alsoRecord: [],
      ...mutant,
      name,
      of: "vendor",
      vendor: mutant,
      certify: (...run) => certifyVendor(mutant, ...run),
    }),
  ),
  ...Object.entries(receiverMutants).map(
    ([name, mutant]): MutantCase => ({
      ...mutant,
      alsoRecord: [],
      name,
      of: "receiver",
      vendor: null,
      certify: (...run) => certifyReceiver(mutant, ...run),
    }),
  ),
];

/** The vendor without a defect, set up to send batches and to retry them. */
const BATCHING: VendorMutant = {
  breaks: "DLV-012",
  operator: "plain",
  profile: "resilience",
  defect: "none",
  setUp: { batching: true },
  behaviour: () => ({}),
};

/** The receiver without a defect, set up with some parts that the contract leaves open. */
const receiverWith = (parts: Partial<ReceiverParts>): ReceiverMutant => ({
  breaks: "RCV-001",
  operator: "plain",
  defect: "none",
  polls: true,
  parts: () => parts,
});

/** Subjects without a defect, so no check may fail them. */
export const controls: Readonly<Record<string, Certify>> = {
  vendor: (checks, signal) => certifyVendor(null, checks, signal, { oauth: "secret" }),
  // Without API keys, and with RS256 as the only algorithm.
  "vendor with two tenants that only accepts signed tokens": (checks, signal) =>
    certifyVendor(null, checks, signal, { twoTenants: true, tokens: "only", oauth: "key" }),
  "vendor that sends batches": (...run) => certifyVendor(BATCHING, ...run),
  receiver: (...run) => certifyReceiver(null, ...run),
  "receiver that shows an event after 4 s": (...run) =>
    certifyReceiver(receiverWith({ delayMs: 4000 }), ...run),
  "receiver that takes 8 deliveries at once": (...run) =>
    certifyReceiver(receiverWith({ pauseMs: 50, maxUnderWay: 8 }), ...run),
};
