import { randomUUID } from "node:crypto";
import { type VendorClient, VendorClientError } from "@convergint/client";
import type { SyncCounts } from "../domain/inventory.ts";
import { ZERO_COUNTS } from "../domain/inventory.ts";
import type { Store } from "../store/store.ts";
import type { SyncOutcome, SyncState } from "../store/sync-store.ts";
import { type Listing, readFull, readIncremental } from "./listing.ts";

const DAY_MS = 86_400_000;

/** What one sync takes. */
export interface SyncParts {
  readonly integrationId: string;
  readonly vendor: VendorClient;
  readonly store: Pick<Store, "inventory" | "devices" | "mappings">;
  /** The lease under which it runs. */
  readonly lease: { readonly name: string; readonly owner: string };
  /** Where the last one ended; `null` for the first. */
  readonly state: SyncState | null;
}

/** Where the next sync goes on from. */
export type SyncPoint = Pick<SyncState, "lastFullAt" | "syncToken" | "etag" | "sitesHash">;

/** How a sync ended, and where the next one goes on from. */
export interface Synced {
  readonly outcome: Pick<SyncOutcome, "outcome" | "kind" | "detail" | "devices" | "changes">;
  readonly point: SyncPoint;
}

/** A full listing now and then finds what incremental ones have missed, and what an ETag hides. */
const isFullDue = (state: SyncState | null, now: number): boolean =>
  state === null ||
  state.failures > 0 ||
  state.lastFullAt === null ||
  now - Date.parse(state.lastFullAt) > DAY_MS;

const isExpired = (error: unknown): boolean =>
  error instanceof VendorClientError && error.details.problem?.code === "sync_token_expired";

type Reading = Pick<SyncParts, "vendor" | "store"> & {
  readonly staging: { syncId: string; integrationId: string };
};

/** @returns `null` where the vendor says that nothing has changed */
async function readListing(parts: Reading, state: SyncState | null): Promise<Listing | null> {
  const fullDue = isFullDue(state, Date.now());
  const { inventory } = await parts.vendor.manifest();
  if (inventory.incremental_sync && state?.syncToken && !fullDue) {
    try {
      return await readIncremental(parts, state.syncToken);
    } catch (error) {
      if (!isExpired(error)) throw error;
      await parts.store.inventory.discard(parts.staging);
    }
  }
  return readFull(parts, fullDue ? null : (state?.etag ?? null));
}

function sentence({ vanished }: Listing): string {
  return `${vanished} devices are gone from the vendor's inventory at once, more than a fifth: they are kept until a person has looked. See GET /v1/integrations/{id}/held-removals.`;
}

function syncedBy(listing: Listing, applied: SyncCounts, before: SyncState | null): Synced {
  const changed = Object.values(applied).some((count) => count > 0);
  return {
    outcome: {
      outcome: listing.tooMany ? "removals_held" : changed ? "complete" : "unchanged",
      kind: listing.kind,
      detail: listing.tooMany ? sentence(listing) : null,
      devices: listing.devices,
      changes: applied,
    },
    point: {
      lastFullAt: listing.kind === "full" ? new Date().toISOString() : (before?.lastFullAt ?? null),
      syncToken: listing.syncToken,
      // What was not applied as it was listed must be listed again.
      etag: listing.kind === "full" && !listing.tooMany ? listing.etag : null,
      sitesHash: listing.sitesHash,
    },
  };
}

/**
 * Polls a vendor's inventory once: what differs is staged page by page, and applied as one when the last page has been
 * read. Whatever goes wrong on the way, the last good inventory stands.
 *
 * @throws {VendorClientError}, {StoreError}; then nothing of it is applied or staged
 * @see spec/1.0/contract.md#inventory
 */
export async function sync({ integrationId, vendor, store, lease, state }: SyncParts): Promise<Synced> {
  const staging = { syncId: randomUUID(), integrationId };
  try {
    const listing = await readListing({ vendor, store, staging }, state);
    if (!listing) {
      return {
        outcome: { outcome: "unchanged", kind: "full", detail: null, devices: 0, changes: ZERO_COUNTS },
        point: {
          lastFullAt: state?.lastFullAt ?? null,
          syncToken: state?.syncToken ?? null,
          etag: state?.etag ?? null,
          sitesHash: state?.sitesHash ?? null,
        },
      };
    }
    const now = new Date().toISOString();
    if (listing.unknownWords.length > 0) await store.mappings.countUnmapped(listing.unknownWords, now);
    const sites = listing.sitesHash === state?.sitesHash ? null : listing.sites;
    if (!listing.differs && sites === null) return syncedBy(listing, ZERO_COUNTS, state);
    const vanished = listing.tooMany ? "hold" : "remove";
    const applied = await store.inventory.apply(staging, sites, vanished, lease, now);
    return syncedBy(listing, applied, state);
  } catch (error) {
    await store.inventory.discard(staging);
    throw error;
  }
}
