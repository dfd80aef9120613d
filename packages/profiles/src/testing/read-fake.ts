import { createVendorClient, type ListingFault, VendorClientError } from "@convergint/client";
import type { Device } from "@convergint/schemas";
import { type ContractFetchOptions, createContractFetch } from "../inventory/contract-fetch.ts";
import { type Profile, readProfile } from "../read-profile.ts";
import { FAKE_BASE, type FakeVendor } from "./fake-vendor.ts";

/** The parts of a profile that a test changes. */
export interface ProfileParts {
  readonly auth?: object;
  readonly errors?: readonly object[];
  readonly settings?: object;
  /** Replaces members of the request `devices`. */
  readonly devices?: object;
  /** Adds requests. */
  readonly requests?: object;
  /** Replaces members of the source of devices. */
  readonly source?: object;
  /** Replaces the source of sites. */
  readonly sites?: object;
}

/** A profile of a vendor with one org, one site, and rows of devices `{ key, label, state }` at `/devices`. */
export function fakeProfile({
  auth,
  errors,
  settings,
  devices,
  requests,
  source,
  sites,
}: ProfileParts = {}): Profile {
  const document = {
    profile: 1,
    name: "fake",
    title: "Fake",
    auth: auth ?? { scheme: "bearer" },
    ...(settings && { settings }),
    ...(errors && { errors }),
    inventory: {
      requests: { devices: { path: "/devices", items: "body.items", ...devices }, ...requests },
      orgs: { fields: { org_id: "'o'", name: "'The org'" } },
      sites: sites ?? { fields: { site_id: "'s'", org_id: "'o'", name: "'The site'" } },
      devices: {
        from: "devices",
        fields: {
          device_id: "item.key",
          org_id: "'o'",
          site_id: "'s'",
          name: "item.label",
          type: "'camera'",
          status: "item.state",
        },
        ...source,
      },
    },
    words: { type: { camera: "camera" }, status: { up: "online", down: "offline" } },
  };
  // Line breaks, so that messages name different lines.
  return readProfile(JSON.stringify(document, null, 1), "fake.json");
}

/** A row of the fake vendor. */
export const row = (key: number | string, state = "up") => ({
  key: `d${key}`,
  label: `Device ${key}`,
  state,
});

/** A client of the contract that a profile serves from a fake vendor. */
export function connectFake(
  vendor: Pick<FakeVendor, "fetch">,
  profile: Profile,
  options: Partial<ContractFetchOptions> = {},
) {
  const contract = createContractFetch(profile, {
    baseUrl: FAKE_BASE,
    credential: { apiKey: "the-secret-key" },
    fetch: vendor.fetch,
    sleep: async () => {},
    ...options,
  });
  return {
    contract,
    client: createVendorClient({ baseUrl: FAKE_BASE, credential: { apiKey: "unused" }, fetch: contract }),
  };
}

/** Collects all items of an iterable. */
export async function all<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const list: Item[] = [];
  for await (const item of items) list.push(item);
  return list;
}

/** Lists the devices as the server does: with faults instead of failures. */
export async function listDevices(
  client: ReturnType<typeof connectFake>["client"],
): Promise<{ readonly devices: readonly Device[]; readonly faults: readonly ListingFault[] }> {
  const faults: ListingFault[] = [];
  const devices = await all(client.devices({}, { onFault: (fault) => faults.push(fault) }));
  return { devices, faults };
}

/** Returns the problem with which a listing fails. */
export async function problemOf(
  listing: Promise<unknown>,
): Promise<{ status: number; code: string; detail: string; retryAfter?: number }> {
  const error = await listing.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof VendorClientError)) throw error ?? new Error("The listing should have failed.");
  const { problem, status = 0, retryAfterSeconds } = error.details;
  return {
    status,
    code: problem?.code ?? error.code,
    detail: problem?.detail ?? error.message,
    ...(retryAfterSeconds !== undefined && { retryAfter: retryAfterSeconds }),
  };
}
