import { createHash } from "node:crypto";
import { setImmediate as nextTurn } from "node:timers/promises";
import { type ListingOptions, SeenIds, type VendorClient } from "@convergint/client";
import { toShownText, toShownValue } from "@convergint/internal/printable";
import type { Device, DeviceChange, Page, RemovedDevice, Site } from "@convergint/schemas";
import type { Clock } from "../clock.ts";
import { isStorable, type KnownDevice, UNSTORABLE_ID } from "../domain/device.ts";
import {
  carryFaults,
  createFaultCollector,
  type Fault,
  type FaultReport,
  mergeFaults,
} from "../domain/fault.ts";
import type { StagedDevice } from "../domain/inventory.ts";
import { adaptTerms, mapType, NO_MAPPING, type UnmappedWord } from "../domain/mapping.ts";
import { type Observation, observeSnapshot, toOrderTime } from "../domain/observation.ts";
import { mergeObservations } from "../domain/status.ts";
import { toDeviceRecord } from "../store/digest.ts";
import type { Staging } from "../store/inventory-store.ts";
import type { Store } from "../store/store.ts";

/** The page size. Larger pages would stall the event loop, and smaller pages would cost more round trips. */
export const PAGE_SIZE = 500;
/** How many stored ids are compared with the listing per query. */
const IDS_PER_QUERY = 1000;
/** Bounds memory, because a vendor may send a different unknown term with each device. */
const MAX_WORDS = 500;
/** If more than this share of the devices is missing from one listing, a person must confirm the removals. */
const MAX_VANISHED_SHARE = 0.2;

/** A listing that was read completely. Its differences from the store are staged. */
export interface Listing {
  readonly kind: "full" | "incremental";
  /** How many devices were read. */
  readonly devices: number;
  /** Whether anything was staged. */
  readonly differs: boolean;
  /** How many stored devices are missing from the listing. */
  readonly vanished: number;
  /** Whether so many devices are missing that a person must confirm the removals. */
  readonly tooMany: boolean;
  /**
   * Whether the listing certainly contains every device. If not, a device was set aside or the listing's count is
   * invalid, and a missing device may still exist.
   */
  readonly isComplete: boolean;
  /** What is wrong with the vendor's records; also earlier faults that a listing of changes leaves in force. */
  readonly faults: FaultReport;
  readonly sites: readonly Site[];
  /** SHA-256 of the sites, in base64. */
  readonly sitesHash: string;
  readonly syncToken: string | null;
  readonly etag: string | null;
  /** Terms without a default mapping. */
  readonly unknownWords: readonly Omit<UnmappedWord, "lastSeenAt">[];
}

/** The dependencies of reading a listing. */
export interface ListingParts {
  readonly staging: Staging;
  readonly vendor: VendorClient;
  readonly store: Pick<Store, "inventory" | "devices">;
  readonly clock: Pick<Clock, "now">;
}

const isTombstone = (device: DeviceChange): device is RemovedDevice => device.lifecycle === "removed";

/** Counts the terms of one listing that have no default mapping. */
export function createWordCounter(integrationId: string) {
  const counts = new Map<string, Omit<UnmappedWord, "lastSeenAt">>();
  const add = (kind: UnmappedWord["kind"], word: string | null) => {
    if (word === null) return;
    const key = `${kind} ${word}`;
    const count = (counts.get(key)?.count ?? 0) + 1;
    if (count > 1 || counts.size < MAX_WORDS) counts.set(key, { integrationId, kind, word, count });
  };
  return { add, all: () => [...counts.values()] };
}

/** Reports an id that cannot be stored. Such a record has no usable key. */
const createIdFault = (record: Fault["record"], id: string): Fault => ({
  record,
  id: toShownText(id),
  pointer: "",
  message: UNSTORABLE_ID,
  requirement: null,
  value: toShownValue(id),
  setAside: true,
});

async function readSites(
  vendor: VendorClient,
  onFault: (fault: Fault) => void,
): Promise<Pick<Listing, "sites" | "sitesHash">> {
  const sites: Site[] = [];
  for await (const site of vendor.sites({}, { onFault })) {
    if (isStorable([site.site_id, site.org_id])) sites.push(site);
    else onFault(createIdFault("site", site.site_id));
  }
  const sorted = sites.toSorted((a, b) => (a.site_id < b.site_id ? -1 : 1));
  return { sites, sitesHash: createHash("sha256").update(JSON.stringify(sorted)).digest("base64") };
}

/** Creates a reader that stages, page by page, what differs from the store. */
function createPageReader({ staging, store, clock }: ListingParts) {
  const words = createWordCounter(staging.integrationId);
  const faults = createFaultCollector();
  let isComplete = true;
  function onFault(fault: Fault): void {
    faults.add(fault);
    if (fault.setAside || fault.record === "page") isComplete = false;
  }
  const listing: ListingOptions = {
    onFault,
    adaptItem(item) {
      const { value, unknownWord } = adaptTerms(item);
      words.add("status", unknownWord);
      return value;
    },
  };
  let devices = 0;
  let differs = false;
  // The time is taken before the request. Therefore events that arrive during the listing count as newer than
  // the listing, whatever the vendor's clock says.
  const askedAt = new Date(clock.now());
  let asOf = askedAt.toISOString();
  let syncToken: string | null = null;

  /** Dates a removal at the time of the listing, so that no earlier observation restores the device. */
  const goneAt = () => toOrderTime(asOf, askedAt);

  async function read(page: Page<DeviceChange>): Promise<void> {
    // Every page has the same values, which the client has verified.
    asOf = page.snapshot.as_of;
    syncToken = page.sync_token ?? null;
    const at: ListedAt = { asOf, askedAt };
    const storable = page.data.filter(({ device_id, org_id, site_id }) => {
      const isUsable = isStorable([device_id, org_id, site_id]);
      if (!isUsable) onFault(createIdFault("device", device_id));
      return isUsable;
    });
    const present = storable.filter((device): device is Device => !isTombstone(device));
    const gone = storable.filter(isTombstone);
    devices += present.length;
    for (const { type } of present) words.add("type", mapType(type, NO_MAPPING).unmapped);
    const known = await store.devices.known(
      staging.integrationId,
      present.map(({ device_id }) => device_id),
    );
    const staged = present.flatMap((device) => diffDevice(device, known.get(device.device_id), at) ?? []);
    if (staged.length > 0) await store.inventory.stage(staging, staged);
    if (gone.length > 0) {
      await store.inventory.stage(
        staging,
        gone.map(({ device_id: deviceId }) => ({ deviceId, goneAt: goneAt() })),
      );
    }
    if (staged.length + gone.length > 0) differs = true;
  }

  return {
    options: listing,
    read,
    onSiteFault: (fault: Fault) => faults.add(fault),
    result: () => ({
      devices,
      differs,
      syncToken,
      isComplete,
      faults: faults.report(),
      unknownWords: words.all(),
    }),
    goneAt,
  };
}

/** Stages the removal of devices that are missing from a complete listing. */
async function stageVanished(
  { staging, store }: ListingParts,
  seen: SeenIds,
  goneAt: string,
): Promise<Pick<Listing, "vanished" | "tooMany">> {
  let listed = 0;
  let vanished = 0;
  for (let after = ""; ; ) {
    const ids = await store.devices.listedIds(staging.integrationId, goneAt, after, IDS_PER_QUERY);
    const missing = ids.filter((id) => !seen.has(id));
    const gone = missing.map((deviceId) => ({ deviceId, goneAt }));
    if (gone.length > 0) await store.inventory.stage(staging, gone);
    listed += ids.length;
    vanished += missing.length;
    const last = ids.at(-1);
    if (last === undefined) break;
    after = last;
    // Yields to the event loop. Otherwise, a store that answers immediately would block webhooks; with a
    // million ids, for a second.
    await nextTurn();
  }
  // The removal of a single device never needs confirmation, however few devices are listed.
  return { vanished, tooMany: vanished > 1 && vanished > listed * MAX_VANISHED_SHARE };
}

/**
 * Reads a whole inventory and stages what differs from the store.
 *
 * @param etag the ETag of the last full listing; `null` to read unconditionally
 * @returns `null` if the vendor answers that nothing has changed
 * @see spec/1.0/contract.md#inventory
 */
export async function readFull(parts: ListingParts, etag: string | null): Promise<Listing | null> {
  const { vendor } = parts;
  const reader = createPageReader(parts);
  const listing = await vendor.deviceListing({ limit: PAGE_SIZE }, { ...reader.options, etag });
  if (listing.unchanged) return null;
  const sites = await readSites(vendor, reader.onSiteFault);
  const seen = new SeenIds();
  for await (const page of listing.pages) {
    await reader.read(page);
    for (const { device_id } of page.data) seen.add(device_id);
  }
  const { differs, ...read } = reader.result();
  const gone = read.isComplete
    ? await stageVanished(parts, seen, reader.goneAt())
    : { vanished: 0, tooMany: false };
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
 * Reads what has changed since an earlier listing and stages it.
 *
 * @param since the sync token of the earlier listing
 * @param earlier the faults that were known after the earlier listing
 * @see spec/1.0/contract.md#incremental-sync
 */
export async function readIncremental(
  parts: ListingParts,
  since: string,
  earlier: FaultReport,
): Promise<Listing> {
  const reader = createPageReader(parts);
  const pages = parts.vendor.deviceChangePages({ since, limit: PAGE_SIZE }, reader.options);
  const sites = await readSites(parts.vendor, reader.onSiteFault);
  const seen = new SeenIds();
  for await (const page of pages) {
    await reader.read(page);
    for (const { device_id } of page.data) seen.add(device_id);
  }
  const { faults, ...read } = reader.result();
  const stillFaulty = carryFaults(
    earlier,
    ({ record, id }) => record !== "device" || id === null || seen.has(id),
  );
  return {
    kind: "incremental",
    ...sites,
    ...read,
    faults: mergeFaults(faults, stillFaulty),
    vanished: 0,
    tooMany: false,
    etag: null,
  };
}

/** The time of a listing. */
interface ListedAt {
  /** By the vendor's clock. */
  readonly asOf: string;
  /** When this server requested the listing. */
  readonly askedAt: Date;
}

/** Whether an observation changes anything except which listing reported the status last. */
function addsInformation(known: Observation | null, observed: Observation): boolean {
  const projected = mergeObservations(known, observed);
  if (!known) return true;
  const sameMoment = projected.order.occurredAt === known.order.occurredAt;
  const sameValues =
    projected.sentStatus === known.sentStatus &&
    projected.vendorStatus === known.vendorStatus &&
    projected.reason === known.reason &&
    projected.lastSeenAt === known.lastSeenAt;
  return !(sameMoment && sameValues);
}

/**
 * Compares a listed device with the stored one.
 *
 * @param known `undefined` for a new device
 * @returns what to stage, or `null` if the listing changes nothing
 */
export function diffDevice(
  device: Device,
  known: KnownDevice | undefined,
  { asOf, askedAt }: ListedAt,
): StagedDevice | null {
  const record = toDeviceRecord(device, toOrderTime(asOf, askedAt));
  const { status } = device;
  const observation = status ? observeSnapshot({ ...device, status }, asOf, askedAt) : null;
  const isUnchanged =
    known?.recordHash === record.recordHash &&
    known.lifecycle === (device.lifecycle ?? "active") &&
    !known.held &&
    (observation === null || !addsInformation(known.observation, observation));
  return isUnchanged ? null : { record, observation };
}
