import type { Site } from "@convergint/schemas";
import type { Database } from "better-sqlite3";
import { removeHeldDevices } from "../../domain/apply-inventory.ts";
import { toFeedItems } from "../../domain/feed.ts";
import { addCounts, type RemovalPolicy, type SyncCounts, ZERO_COUNTS } from "../../domain/inventory.ts";
import type { HeldRemoval, InventoryStore, Staging, SyncLease } from "../inventory-store.ts";
import type { Listing, StagedRow } from "../rows.ts";
import { openDeviceTable } from "./device-table.ts";
import { prepareDeviceQuery } from "./devices.ts";
import { INCOMPLETE, openListings } from "./listing.ts";
import { prepareLeaseCheck } from "./syncs.ts";

/** The result if the sync no longer held its lease. Nothing was changed. */
export const LEASE_LOST = "lease_lost";

export function prepareInventoryReads(database: Database): Pick<InventoryStore, "heldRemovals"> {
  const held = prepareDeviceQuery<[string, number], HeldRemoval>(
    database,
    (devices) => `
      SELECT integration_id AS integrationId, device_id AS deviceId, held_since AS heldSince
      FROM ${devices} WHERE integration_id = ? AND held_since IS NOT NULL ORDER BY device_id LIMIT ?`,
  );
  return {
    heldRemovals: async (integrationId, limit) => held((query) => query.all(integrationId, limit)),
  };
}

/** Creates functions that stage a listing page by page, and that read or clear what was staged. */
function createStaging(database: Database) {
  const insertDevice = database.prepare(
    "INSERT OR REPLACE INTO staged_device (integration_id, sync_id, device_id, staged) VALUES (?, ?, ?, ?)",
  );
  const insertSite = database.prepare(
    `INSERT OR REPLACE INTO staged_site (integration_id, sync_id, site_id, org_id, name, record)
     VALUES (?, ?, ?, ?, ?, ?)`,
  );
  const page = database.prepare<[string, string, string, number], StagedRow>(`
    SELECT device_id AS deviceId, staged FROM staged_device
    WHERE integration_id = ? AND sync_id = ? AND device_id > ? ORDER BY device_id LIMIT ?`);
  const publishSites = database.prepare(`
    INSERT OR REPLACE INTO site (integration_id, site_id, org_id, name, record)
    SELECT integration_id, site_id, org_id, name, record FROM staged_site
    WHERE integration_id = ? AND sync_id = ? AND NOT EXISTS (
      SELECT 1 FROM site
      WHERE site.integration_id = staged_site.integration_id AND site.site_id = staged_site.site_id
        AND site.record = staged_site.record)`);
  const deleteSites = database.prepare("DELETE FROM staged_site WHERE integration_id = ? AND sync_id = ?");
  const deleteLeft = ["next_device", "staged_device", "staged_site"].map((table) => {
    const key = table === "next_device" ? "device_id" : `sync_id, ${table.replace("staged_", "")}_id`;
    return database.prepare<[string, string, number]>(
      `DELETE FROM ${table} WHERE integration_id = ? AND (${key}) IN (
         SELECT ${key} FROM ${table} WHERE integration_id = ? LIMIT ?)`,
    );
  });

  return {
    addDevices({ syncId, integrationId }: Staging, rows: readonly StagedRow[]): void {
      for (const { deviceId, staged } of rows) insertDevice.run(integrationId, syncId, deviceId, staged);
    },
    addSites({ syncId, integrationId }: Staging, sites: readonly Site[]): void {
      for (const site of sites) {
        const { site_id, org_id, name } = site;
        insertSite.run(integrationId, syncId, site_id, org_id, name ?? null, JSON.stringify(site));
      }
    },
    devicesAfter: ({ syncId, integrationId }: Staging, after: string, limit: number): readonly StagedRow[] =>
      page.all(integrationId, syncId, after, limit),
    /** Publishes the sites that differ from the stored ones. */
    publishSites({ syncId, integrationId }: Staging): void {
      publishSites.run(integrationId, syncId);
      deleteSites.run(integrationId, syncId);
    },
    /** Deletes at most `limit` staged or prepared rows of each table. @returns whether nothing is left */
    clearPart: (integrationId: string, limit: number): boolean =>
      deleteLeft
        .map((statement) => statement.run(integrationId, integrationId, limit).changes)
        .every((deleted) => deleted < limit),
  };
}

/** Creates a function that decides on a part of the devices on hold, and returns how many these are. */
function createDecideHeld(database: Database) {
  const held = database
    .prepare<[string, number], string>(
      "SELECT device_id FROM device WHERE integration_id = ? AND held_since IS NOT NULL ORDER BY device_id LIMIT ?",
    )
    .pluck();
  const keep = database.prepare(
    "UPDATE device SET held_since = NULL WHERE integration_id = ? AND device_id = ?",
  );
  const listings = openListings(database);
  const { begin } = openDeviceTable(database);
  return database.transaction(
    (integrationId: string, decision: "remove" | "keep", at: string, limit: number) => {
      if (!listings.allowChange(integrationId)) return INCOMPLETE;
      const page = held.all(integrationId, limit);
      if (decision === "keep") {
        for (const deviceId of page) keep.run(integrationId, deviceId);
      } else {
        const devices = begin();
        const effects = removeHeldDevices(integrationId, page, devices, at);
        devices.save(effects.devices, toFeedItems(effects.changes));
      }
      return page.length;
    },
  );
}

export function prepareInventoryWrites(database: Database) {
  const staging = createStaging(database);
  const listings = openListings(database);
  const { begin } = openDeviceTable(database);
  const hasLease = prepareLeaseCheck(database);
  const insertListing = database.prepare(`
    INSERT INTO listing (integration_id, sync_id, policy, applied_at, state, reached, counts)
    VALUES (:integrationId, :syncId, :policy, :at, 'preparing', '', :counts)`);
  const saveProgress = database.prepare(
    "UPDATE listing SET state = :state, reached = :reached, counts = :counts WHERE integration_id = :integrationId",
  );
  const deleteListing = database.prepare("DELETE FROM listing WHERE integration_id = ?");

  const findListing = (integrationId: string): Listing | undefined =>
    listings.all().find((listing) => listing.integrationId === integrationId);
  function save(listing: Listing, progress: Partial<Listing>): Listing {
    const { integrationId, state, reached, counts } = { ...listing, ...progress };
    saveProgress.run({ integrationId, state, reached, counts: JSON.stringify(counts) });
    return { ...listing, ...progress };
  }

  /** Prepares the next devices. If these are the last, publishes the listing. */
  function preparePart(listing: Listing, limit: number): void {
    const page = staging.devicesAfter(listing, listing.reached, limit);
    listings.prepare(listing, page, begin());
    if (page.length === limit) {
      save(listing, { reached: page.at(-1)?.deviceId ?? "" });
    } else {
      staging.publishSites(listing);
      save(listing, { state: "published", reached: "" });
    }
  }

  /** Moves the next devices of a published listing. @returns the listing afterwards */
  function movePart(listing: Listing, limit: number): Listing {
    const page = staging.devicesAfter(listing, listing.reached, limit);
    const counts = addCounts(listing.counts, listings.move(listing, page, begin()));
    return save(listing, {
      state: page.length === limit ? "published" : "moved",
      reached: page.at(-1)?.deviceId ?? listing.reached,
      counts,
    });
  }

  /** Clears a part of what earlier syncs have left. @returns whether nothing is left */
  function tidyPart(integrationId: string, limit: number): boolean {
    const left = findListing(integrationId);
    if (left?.state === "published" && movePart(left, limit).state !== "moved") return false;
    deleteListing.run(integrationId);
    return staging.clearPart(integrationId, limit);
  }

  function applyPart(sync: Staging, policy: RemovalPolicy, at: string, limit: number): SyncCounts | null {
    const listing = findListing(sync.integrationId);
    if (!listing) {
      const page = staging.devicesAfter(sync, "", limit + 1);
      if (page.length > limit) {
        insertListing.run({ ...sync, policy, at, counts: JSON.stringify(ZERO_COUNTS) });
        return null;
      }
      staging.publishSites(sync);
      return listings.move({ ...sync, policy, at }, page, begin());
    }
    if (listing.syncId !== sync.syncId) throw new Error("The rows of an earlier listing were not deleted.");
    if (listing.state === "preparing") {
      preparePart(listing, limit);
      return null;
    }
    if (listing.state === "published") {
      movePart(listing, limit);
      return null;
    }
    deleteListing.run(sync.integrationId);
    return listing.counts;
  }

  return {
    stage: database.transaction(staging.addDevices),
    stageSites: database.transaction(staging.addSites),
    applyPart: database.transaction(
      (sync: Staging, policy: RemovalPolicy, lease: SyncLease, at: string, limit: number) =>
        hasLease(lease.name, lease.owner) ? applyPart(sync, policy, at, limit) : LEASE_LOST,
    ),
    tidyPart: database.transaction((integrationId: string, lease: SyncLease, limit: number) =>
      hasLease(lease.name, lease.owner) ? tidyPart(integrationId, limit) : LEASE_LOST,
    ),
    /** Runs one step of a published listing, with or without the lease of its sync. @returns whether nothing is left to do */
    completePart: database.transaction((integrationId: string, limit: number): boolean => {
      const listing = findListing(integrationId);
      return listing?.state !== "published" || movePart(listing, limit).state === "moved";
    }),
    decideHeldPart: createDecideHeld(database),
  };
}
