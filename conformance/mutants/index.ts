import { readdir } from "node:fs/promises";
import type { checks as allChecks } from "../src/checks/index.ts";
import { requirements } from "../src/registry/requirements.ts";
import type { Run } from "../src/suite/grade.ts";
import { certifyReceiver } from "./certify-receiver.ts";
import { certifyVendor } from "./certify-vendor.ts";
import type { Mutant } from "./mutant.ts";
import type { ReceiverMutant } from "./receiver-mutant.ts";

/** A mutant with the name its file has. */
export type Named<Kind> = Kind & { readonly name: string };

/** Certifies what a mutant was made of, or finds out what is wrong with it. */
export type Certify = (checks: typeof allChecks, signal: AbortSignal) => Promise<Run>;

/** A mutant, whatever it is one of. */
export interface MutantCase {
  readonly name: string;
  readonly of: "vendor" | "receiver";
  readonly breaks: string;
  readonly defect: string;
  /** Whether its run is spent waiting for retries. */
  readonly waits: boolean;
  readonly certify: Certify;
}

const profileOf = (id: string) => requirements.find((requirement) => requirement.id === id)?.profile;

/** Loads every mutant of a folder: adding one is adding its file. */
async function load<Kind extends object>(folder: MutantCase["of"]): Promise<Named<Kind>[]> {
  const url = new URL(`./${folder}/`, import.meta.url);
  const files = (await readdir(url)).filter((file) => file.endsWith(".ts")).toSorted();
  return Promise.all(
    files.map(async (file) => {
      const loaded: { default: Kind } = await import(new URL(file, url).href);
      return { ...loaded.default, name: file.replace(/\.ts$/, "") };
    }),
  );
}

/** Every mutant of the reference vendor. */
export const loadVendorMutants = (): Promise<Named<Mutant>[]> => load<Mutant>("vendor");

/** Every mutant, of the vendor and of the receiver. */
export async function loadMutants(): Promise<MutantCase[]> {
  const vendors = await loadVendorMutants();
  const receivers = await load<ReceiverMutant>("receiver");
  return [
    ...vendors.map(
      (mutant): MutantCase => ({
        ...mutant,
        of: "vendor",
        waits: (mutant.profile ?? profileOf(mutant.breaks)) === "resilience",
        certify: (...how) => certifyVendor(mutant, ...how),
      }),
    ),
    ...receivers.map(
      (mutant): MutantCase => ({
        ...mutant,
        of: "receiver",
        waits: false,
        certify: (...how) => certifyReceiver(mutant, ...how),
      }),
    ),
  ];
}

/** The vendor as it is, set up to post batches, and to try them again. */
const BATCHING: Mutant = {
  breaks: "DLV-012",
  profile: "resilience",
  defect: "none",
  setUp: { batching: true },
  behaviour: () => ({}),
};

/** What has no defect: it must be found guilty of nothing. */
export const CONTROLS: Readonly<Record<string, Certify>> = {
  vendor: (checks, signal) => certifyVendor(null, checks, signal, { oauth: true }),
  "vendor of two tenants": (checks, signal) => certifyVendor(null, checks, signal, { twoTenants: true }),
  "vendor that posts batches": (...how) => certifyVendor(BATCHING, ...how),
  receiver: (...how) => certifyReceiver(null, ...how),
};
