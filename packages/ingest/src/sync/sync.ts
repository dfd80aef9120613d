import { randomUUID } from "node:crypto";
import { type VendorClient, VendorClientError } from "@convergint/client";
import type { Site } from "@convergint/schemas";
import type { Clock } from "../clock.ts";
import { carryFaults, type FaultReport } from "../domain/fault.ts";
import { type RemovalPolicy, type SyncCounts, ZERO_COUNTS } from "../domain/inventory.ts";
import { DEVICES_PER_STEP, type Staging, type SyncLease } from "../store/inventory-store.ts";
import type { Store } from "../store/store.ts";
import type { SyncOutcome, SyncState } from "../store/sync-store.ts";
import { type Listing, readFull, readIncremental } from "./listing.ts";

const DAY_MS = 86_400_000;

/** The dependencies of one sync. */
export interface SyncParts {
  readonly integrationId: string;
  readonly vendor: VendorClient;
  readonly store: Pick<Store, "inventory" | "devices" | "mappings">;
  /** The lease under which the sync runs. */
  readonly lease: SyncLease;
  /** The state after the previous sync; `null` for the first. */
  readonly state: SyncState | null;
  /** The vendor's faults that the previous sync found. */
  readonly earlierFaults: FaultReport;
  /** Ends the sync between two steps. */
  readonly signal: AbortSignal;
  readonly clock: Pick<Clock, "now">;
}

/** Where the next sync continues. */
export type SyncPoint = Pick<SyncState, "lastFullAt" | "syncToken" | "etag" | "sitesHash">;

/** How a sync ended, and where the next one continues. */
export interface SyncResult {
  readonly outcome: Pick<SyncOutcome, "outcome" | "kind" | "detail" | "devices" | "changes" | "faults">;
  readonly point: SyncPoint;
}

/** A daily full listing finds changes that incremental listings missed or that an unchanged ETag hid. */
const isFullDue = (state: SyncState | null, now: number): boolean =>
  state === null ||
  state.failures > 0 ||
  state.lastFullAt === null ||
  now - Date.parse(state.lastFullAt) > DAY_MS;

/**
 * The refusals after which only a full listing helps. A vendor that was reinstalled, for example, does not know its
 * old sync tokens.
 */
const FULL_LISTING_CODES: readonly unknown[] = ["sync_token_expired", "invalid_sync_token"];
const needsFullListing = (error: unknown): boolean =>
  error instanceof VendorClientError && FULL_LISTING_CODES.includes(error.details.problem?.code);

type Reading = Pick<SyncParts, "vendor" | "store" | "clock" | "lease" | "signal" | "earlierFaults"> & {
  readonly staging: Staging;
};

/** Runs steps until one has a result other than `null`. Webhooks are stored between the steps. */
async function runSteps<Result>(signal: AbortSignal, step: () => Promise<Result | null>): Promise<Result> {
  for (;;) {
    if (signal.aborted) throw new VendorClientError("aborted", "The sync was cancelled.");
    const result = await step();
    if (result !== null) return result;
  }
}

/** Completes or drops what earlier syncs have left, so that nothing is staged. */
const tidy = ({ store, lease, signal, staging: { integrationId } }: Omit<Reading, "vendor" | "clock">) =>
  runSteps(signal, async () => (await store.inventory.tidy(integrationId, lease)) || null);

/** Applies what is staged, and these sites. */
async function apply(
  { store, lease, signal, staging }: Omit<Reading, "vendor" | "clock">,
  sites: readonly Site[],
  policy: RemovalPolicy,
  at: string,
): Promise<SyncCounts> {
  for (let from = 0; from < sites.length; from += DEVICES_PER_STEP) {
    await store.inventory.stageSites(staging, sites.slice(from, from + DEVICES_PER_STEP));
  }
  return runSteps(signal, () => store.inventory.apply(staging, policy, lease, at));
}

/** @returns `null` if the vendor answers that nothing has changed */
async function readListing(parts: Reading, state: SyncState | null): Promise<Listing | null> {
  const fullDue = isFullDue(state, parts.clock.now());
  const { inventory } = await parts.vendor.manifest();
  if (inventory.incremental_sync && state?.syncToken && !fullDue) {
    try {
      return await readIncremental(parts, state.syncToken, parts.earlierFaults);
    } catch (error) {
      if (!needsFullListing(error)) throw error;
      await tidy(parts);
    }
  }
  return readFull(parts, fullDue ? null : (state?.etag ?? null));
}

function describeHeld({ vanished }: Listing): string {
  return `${vanished} devices (more than a fifth) are missing from the vendor's latest inventory. The server keeps them until a person decides whether to remove them. See GET /v1/integrations/{id}/held-removals.`;
}

function toResult(listing: Listing, applied: SyncCounts, before: SyncState | null, now: string): SyncResult {
  const changed = Object.values(applied).some((count) => count > 0);
  return {
    outcome: {
      outcome: listing.tooMany ? "removals_held" : changed ? "complete" : "unchanged",
      kind: listing.kind,
      detail: listing.tooMany ? describeHeld(listing) : null,
      devices: listing.devices,
      changes: applied,
      faults: listing.faults,
    },
    point: {
      lastFullAt: listing.kind === "full" ? now : (before?.lastFullAt ?? null),
      // If a listing was not fully applied, all of it must be read again, so neither token nor ETag is kept.
      syncToken: listing.isComplete ? listing.syncToken : null,
      etag: listing.kind === "full" && listing.isComplete && !listing.tooMany ? listing.etag : null,
      sitesHash: listing.sitesHash,
    },
  };
}

/**
 * Polls a vendor's inventory once. Stages differences page by page and, after the last page, applies them in
 * steps; readers see all of them at once. If anything fails before that, the last complete inventory remains.
 *
 * @throws {VendorClientError} the vendor failed, so nothing is applied; or `aborted`
 * @throws {StoreError} if the listing is already published, the next sync completes it; else, nothing is
 *   applied
 * @see spec/1.0/contract.md#inventory
 */
export async function sync(parts: SyncParts): Promise<SyncResult> {
  const { integrationId, store, state, earlierFaults, signal, clock } = parts;
  const reading = { ...parts, staging: { syncId: randomUUID(), integrationId } };
  await tidy(reading);
  try {
    const listing = await readListing(reading, state);
    if (!listing) {
      return {
        outcome: {
          outcome: "unchanged",
          kind: "full",
          detail: null,
          devices: 0,
          changes: ZERO_COUNTS,
          // The listing has not changed, so the faults of the earlier listing still apply.
          faults: carryFaults(earlierFaults, ({ record }) => record === "event"),
        },
        point: {
          lastFullAt: state?.lastFullAt ?? null,
          syncToken: state?.syncToken ?? null,
          etag: state?.etag ?? null,
          sitesHash: state?.sitesHash ?? null,
        },
      };
    }
    const now = new Date(clock.now()).toISOString();
    if (listing.unknownWords.length > 0) await store.mappings.countUnmapped(listing.unknownWords, now);
    const sites = listing.sitesHash === state?.sitesHash ? [] : listing.sites;
    if (!listing.differs && sites.length === 0) return toResult(listing, ZERO_COUNTS, state, now);
    const applied = await apply(reading, sites, listing.tooMany ? "hold" : "remove", now);
    return toResult(listing, applied, state, now);
  } catch (error) {
    // The next sync tidies up too. So there is no need to wait for it while the server stops, or to report
    // that it failed.
    if (!signal.aborted) await tidy(reading).catch(() => {});
    throw error;
  }
}
