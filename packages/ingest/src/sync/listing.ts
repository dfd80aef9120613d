import { createHash } from "node:crypto";
import { setImmediate as nextTurn } from "node:timers/promises";
import { type ListingOptions, SeenIds, type VendorClient } from "@convergint/client";
import type { Device, DeviceChange, Page, RemovedDevice, Site } from "@convergint/schemas";
import type { UnmappedWord } from "../domain/mapping.ts";
import { adaptStatus, mapType, NO_MAPPING } from "../domain/mapping.ts";
import { toOrderTime } from "../domain/observation.ts";
import { requireStorable } from "../domain/storable-id.ts";
import type { Staging } from "../store/inventory-store.ts";
import type { Store } from "../store/store.ts";
import { difference, type ListedAt } from "./compare.ts";

/** The page size asked for: large pages stall the event loop, small ones cost round trips. */
const PAGE_SIZE = 500;
const AT_ONCE = 1000;
/** Memory must not grow with the words a vendor makes up. */
const MOST_WORDS = 500;
/** More devices than this share of all vanishing at once is taken for the vendor's mistake until a person looks. */
const MOST_VANISHING = 0.2;

/** What was read of a vendor's inventory; what differs is staged. */
export interface Listing {
  readonly kind: "full" | "incremental";
  /** Devices that were read. */
  readonly devices: number;
  /** Whether anything was staged. */
  readonly differs: boolean;
  /** Devices that the listing lacks. */
  readonly vanished: number;
  /** Whether so many are gone at once that a person should look. */
  readonly tooMany: boolean;
  readonly sites: readonly Site[];
  /** SHA-256 of the sites, in base64. */
  readonly sitesHash: string;
  readonly syncToken: string | null;
  readonly etag: string | null;
  /** Words no default table knows. */
  readonly unknownWords: readonly Omit<UnmappedWord, "lastSeenAt">[];
}

/** What reading a listing takes. */
export interface ListingParts {
  readonly staging: Staging;
  readonly vendor: VendorClient;
  readonly store: Pick<Store, "inventory" | "devices">;
}

const isTombstone = (device: DeviceChange): device is RemovedDevice => device.lifecycle === "removed";

/** Counts the words of one listing that no default table knows. */
function wordCounter(integrationId: string) {
  const counts = new Map<string, Omit<UnmappedWord, "lastSeenAt">>();
  const add = (kind: UnmappedWord["kind"], word: string | null) => {
    if (word === null) return;
    const key = `${kind} ${word}`;
    const count = (counts.get(key)?.count ?? 0) + 1;
    if (count > 1 || counts.size < MOST_WORDS) counts.set(key, { integrationId, kind, word, count });
  };
  return { add, all: () => [...counts.values()] };
}

async function sitesOf(vendor: VendorClient): Promise<Pick<Listing, "sites" | "sitesHash">> {
  const sites: Site[] = [];
  for await (const site of vendor.sites()) sites.push(site);
  const sorted = sites.toSorted((a, b) => (a.site_id < b.site_id ? -1 : 1));
  return { sites, sitesHash: createHash("sha256").update(JSON.stringify(sorted)).digest("base64") };
}

/** Reads pages and stages what differs. */
function pageReader({ staging, store }: ListingParts) {
  const words = wordCounter(staging.integrationId);
  const listing: ListingOptions = {
    adaptItem(item) {
      const { value, unknownWord } = adaptStatus(item);
      words.add("status", unknownWord);
      return value;
    },
  };
  let devices = 0;
  let differs = false;
  // Before it is asked for: what comes while it is read is newer, whatever the vendor's clock says.
  const askedAt = new Date();
  let asOf = askedAt.toISOString();
  let syncToken: string | null = null;

  /** As of the listing, whenever it was removed: what was known of it since then is older than that. */
  const goneAt = () => toOrderTime(asOf, askedAt);

  async function read(page: Page<DeviceChange>): Promise<void> {
    // The same on each page: the client holds the vendor to that.
    asOf = page.snapshot.as_of;
    syncToken = page.sync_token ?? null;
    const at: ListedAt = { asOf, askedAt };
    for (const { device_id, org_id, site_id } of page.data) requireStorable([device_id, org_id, site_id]);
    const present = page.data.filter((device): device is Device => !isTombstone(device));
    const gone = page.data.filter(isTombstone);
    devices += present.length;
    for (const { type } of present) words.add("type", mapType(type, NO_MAPPING).unmapped);
    const known = await store.devices.known(
      staging.integrationId,
      present.map(({ device_id }) => device_id),
    );
    const staged = present.flatMap((device) => difference(device, known.get(device.device_id), at) ?? []);
    if (staged.length > 0) await store.inventory.stage(staging, staged);
    if (gone.length > 0) {
      await store.inventory.stageGone(
        staging,
        gone.map(({ device_id: deviceId }) => ({ deviceId, goneAt: goneAt() })),
      );
    }
    if (staged.length + gone.length > 0) differs = true;
  }

  return {
    options: listing,
    read,
    result: () => ({ devices, differs, syncToken, unknownWords: words.all() }),
    goneAt,
  };
}

/** Stages the devices that a complete listing lacks. */
async function stageVanished(
  { staging, store }: ListingParts,
  seen: SeenIds,
  goneAt: string,
): Promise<Pick<Listing, "vanished" | "tooMany">> {
  let listed = 0;
  let vanished = 0;
  for (let after = ""; ; ) {
    const ids = await store.devices.listedIds(staging.integrationId, goneAt, after, AT_ONCE);
    const missing = ids.filter((id) => !seen.has(id));
    const gone = missing.map((deviceId) => ({ deviceId, goneAt }));
    if (gone.length > 0) await store.inventory.stageGone(staging, gone);
    listed += ids.length;
    vanished += missing.length;
    const last = ids.at(-1);
    if (last === undefined) break;
    after = last;
    // A store that answers at once leaves no turn to webhooks: a million ids would hold them up for a second.
    await nextTurn();
  }
  // One device is no mass, however few there are.
  return { vanished, tooMany: vanished > 1 && vanished > listed * MOST_VANISHING };
}

/**
 * Reads all of an inventory and stages what differs from what is stored.
 *
 * @param etag what the last full listing gave; `null` to read it in any case
 * @returns `null` where the vendor says that nothing has changed
 * @see spec/1.0/contract.md#inventory
 */
export async function readFull(parts: ListingParts, etag: string | null): Promise<Listing | null> {
  const { vendor } = parts;
  const reader = pageReader(parts);
  const listing = await vendor.deviceListing({ limit: PAGE_SIZE }, { ...reader.options, etag });
  if (listing.unchanged) return null;
  const sites = await sitesOf(vendor);
  const seen = new SeenIds();
  for await (const page of listing.pages) {
    await reader.read(page);
    for (const { device_id } of page.data) seen.add(device_id);
  }
  const gone = await stageVanished(parts, seen, reader.goneAt());
  const { differs, ...read } = reader.result();
  return {
    kind: "full",
    ...sites,
    ...read,
    ...gone,
    differs: differs || gone.vanished > 0,
    etag: listing.etag,
  };
}

/**
 * Reads what has changed since an earlier listing, and stages it.
 *
 * @param since the token that the earlier listing gave
 * @see spec/1.0/contract.md#incremental-sync
 */
export async function readIncremental(parts: ListingParts, since: string): Promise<Listing> {
  const reader = pageReader(parts);
  const pages = parts.vendor.deviceChangePages({ since, limit: PAGE_SIZE }, reader.options);
  const sites = await sitesOf(parts.vendor);
  for await (const page of pages) await reader.read(page);
  return {
    kind: "incremental",
    ...sites,
    ...reader.result(),
    vanished: 0,
    tooMany: false,
    etag: null,
  };
}
