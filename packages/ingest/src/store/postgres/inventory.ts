import type { Site } from "@convergint/schemas";
import { removeHeldDevices } from "../../domain/apply-inventory.ts";
import { toFeedItems } from "../../domain/feed.ts";
import {
  addCounts,
  idOfEntry,
  type RemovalPolicy,
  type SyncCounts,
  ZERO_COUNTS,
} from "../../domain/inventory.ts";
import {
  DEVICES_PER_STEP,
  type HeldRemoval,
  type InventoryStore,
  type Staging,
  type SyncLease,
} from "../inventory-store.ts";
import type { Listing, StagedRow } from "../rows.ts";
import { StoreError } from "../store.ts";
import type { Database } from "./connection.ts";
import {
  holdIntegrations,
  lockIntegrations,
  lookUpDevices,
  lookUpPlaces,
  readDevices,
  saveDevices,
  toLookup,
} from "./device-table.ts";
import { readDeviceQuery } from "./devices.ts";
import { writeFeed } from "./feed.ts";
import {
  type CompletePart,
  changeBetweenListings,
  findListings,
  move,
  prepare,
  saveProgress,
} from "./listing.ts";
import { columnsOf, unnest } from "./query.ts";
import type { Client } from "./transaction.ts";

/** Publishes the staged sites that differ from the stored ones. */
async function publishSites(client: Client, { integrationId, syncId }: Staging): Promise<void> {
  await client.rows(
    `WITH staged AS (
       DELETE FROM ingest.staged_site WHERE integration_id = $1 AND sync_id = $2
       RETURNING integration_id, site_id, org_id, name, record)
     INSERT INTO ingest.site (integration_id, site_id, org_id, name, record)
     SELECT * FROM staged WHERE NOT EXISTS (
       SELECT FROM ingest.site
       WHERE site.integration_id = staged.integration_id AND site.site_id = staged.site_id AND site.record = staged.record)
     ON CONFLICT (integration_id, site_id) DO UPDATE SET
       org_id = excluded.org_id, name = excluded.name, record = excluded.record`,
    [integrationId, syncId],
  );
}

const readStaged = (
  client: Client,
  { integrationId, syncId }: Staging,
  after: string,
  limit: number,
): Promise<readonly StagedRow[]> =>
  client.rows<StagedRow>(
    `SELECT device_id AS "deviceId", staged FROM ingest.staged_device
     WHERE integration_id = $1 AND sync_id = $2 AND device_id > $3 ORDER BY device_id LIMIT $4`,
    [integrationId, syncId, after, limit],
  );

const deleteListing = (client: Client, integrationId: string): Promise<unknown> =>
  client.rows("DELETE FROM ingest.listing WHERE integration_id = $1", [integrationId]);

/** Prepares the next devices. If these are the last, publishes the listing. */
async function preparePart(client: Client, listing: Listing, limit: number): Promise<void> {
  const { integrationId } = listing;
  const [page, places] = await Promise.all([
    readStaged(client, listing, listing.reached, limit),
    lookUpPlaces(client, [integrationId]),
  ]);
  const devices = await readDevices(
    client,
    integrationId,
    page.map(({ deviceId }) => deviceId),
  );
  await prepare(client, listing, page, toLookup(devices, places));
  if (page.length === limit) {
    await saveProgress(client, listing, { reached: page.at(-1)?.deviceId ?? "" });
  } else {
    await publishSites(client, listing);
    await saveProgress(client, listing, { state: "published", reached: "" });
  }
}

/** Moves the next devices of a published listing. @returns the listing afterwards */
async function movePart(client: Client, listing: Listing, limit: number): Promise<Listing> {
  const page = await readStaged(client, listing, listing.reached, limit);
  const moved = await move(client, listing, page);
  const after = await saveProgress(client, listing, {
    state: page.length === limit ? "published" : "moved",
    reached: page.at(-1)?.deviceId ?? listing.reached,
    counts: addCounts(listing.counts, moved.counts),
  });
  await writeFeed(client, toFeedItems(moved.changes));
  return after;
}

/** Applies a listing that fits into one step. */
async function applyAtOnce(
  client: Client,
  sync: Staging,
  policy: RemovalPolicy,
  at: string,
  page: readonly StagedRow[],
): Promise<SyncCounts> {
  await publishSites(client, sync);
  const { changes, counts } = await move(client, { ...sync, policy, at }, page);
  await writeFeed(client, toFeedItems(changes));
  return counts;
}

/** Runs one step of applying what is staged. @returns `null` if steps remain */
async function applyPart(
  client: Client,
  sync: Staging,
  policy: RemovalPolicy,
  at: string,
  limit: number,
): Promise<SyncCounts | null> {
  const [listing] = await findListings(client, [sync.integrationId]);
  if (!listing) {
    const page = await readStaged(client, sync, "", limit + 1);
    if (page.length <= limit) return applyAtOnce(client, sync, policy, at, page);
    await client.rows(
      `INSERT INTO ingest.listing (integration_id, sync_id, policy, applied_at, state, reached, counts)
       VALUES ($1, $2, $3, $4, 'preparing', '', $5)`,
      [sync.integrationId, sync.syncId, policy, at, JSON.stringify(ZERO_COUNTS)],
    );
    return null;
  }
  if (listing.syncId !== sync.syncId) throw new Error("The rows of an earlier listing were not deleted.");
  if (listing.state === "preparing") {
    await preparePart(client, listing, limit);
    return null;
  }
  if (listing.state === "published") {
    await movePart(client, listing, limit);
    return null;
  }
  await deleteListing(client, sync.integrationId);
  return listing.counts;
}

const STAGING_TABLES = ["next_device", "staged_device", "staged_site"] as const;

/** Deletes at most `limit` staged or prepared rows of each table. @returns whether nothing is left */
async function clearPart(client: Client, integrationId: string, limit: number): Promise<boolean> {
  const deleted = await Promise.all(
    STAGING_TABLES.map((table) =>
      client.rows(
        // Selects rows by their address (`ctid`). If it selected keys, the planner could compare every row with every key.
        `DELETE FROM ingest.${table} WHERE ctid = ANY(ARRAY(
           SELECT ctid FROM ingest.${table} WHERE integration_id = $1 LIMIT $2)) RETURNING 1`,
        [integrationId, limit],
      ),
    ),
  );
  return deleted.every(({ length }) => length < limit);
}

/** Clears a part of what earlier syncs have left. @returns whether nothing is left */
async function tidyPart(client: Client, integrationId: string, limit: number): Promise<boolean> {
  const [left] = await findListings(client, [integrationId]);
  if (left?.state === "published") {
    await movePart(client, left, limit);
    return false;
  }
  await deleteListing(client, integrationId);
  return clearPart(client, integrationId, limit);
}

/** Locks an integration, and lets its devices be looked up quickly. */
async function lock(client: Client, integrationId: string): Promise<void> {
  await Promise.all([lockIntegrations(client, [integrationId]), holdIntegrations(client, [integrationId])]);
}

/** Creates a function that runs one step of a sync, under its lease. */
function createStep(database: Database) {
  return <Result>(
    integrationId: string,
    { name, owner }: SyncLease,
    step: (client: Client) => Promise<Result>,
  ): Promise<Result> =>
    database.transaction(async (client) => {
      // Locks the row until the transaction ends, so that no other process takes the lease during the step.
      const [held] = await client.rows(
        "SELECT 1 FROM ingest.lease WHERE name = $1 AND owner = $2 AND until > clock_timestamp() FOR SHARE",
        [name, owner],
      );
      if (!held) throw new StoreError("lease_lost", "This sync lost its lease to another process.");
      await lock(client, integrationId);
      return step(client);
    });
}

/** Creates a function that runs one step of a published listing, with or without the lease of its sync. */
export const createCompletePart =
  (database: Database): CompletePart =>
  (integrationId) =>
    database.transaction(async (client) => {
      await lock(client, integrationId);
      const [listing] = await findListings(client, [integrationId]);
      if (listing?.state !== "published") return true;
      return (await movePart(client, listing, DEVICES_PER_STEP)).state === "moved";
    });

async function keepHeld(client: Client, integrationId: string): Promise<number> {
  const kept = await client.rows(
    `UPDATE ingest.device SET held_since = NULL WHERE integration_id = $1 AND device_id IN (
       SELECT device_id FROM ingest.device WHERE integration_id = $1 AND held_since IS NOT NULL LIMIT $2) RETURNING 1`,
    [integrationId, DEVICES_PER_STEP],
  );
  return kept.length;
}

async function removeHeld(client: Client, integrationId: string, at: string): Promise<number> {
  const page = await client.rows<{ device_id: string }>(
    `SELECT device_id FROM ingest.device WHERE integration_id = $1 AND held_since IS NOT NULL
     ORDER BY device_id LIMIT $2`,
    [integrationId, DEVICES_PER_STEP],
  );
  const ids = page.map(({ device_id }) => device_id);
  const keys = ids.map((deviceId) => ({ integrationId, deviceId, mayBeNew: false }));
  const lookup = await lookUpDevices(client, [integrationId], keys);
  const { changes, devices } = removeHeldDevices(integrationId, ids, lookup, at);
  await saveDevices(client, devices);
  await writeFeed(client, toFeedItems(changes));
  return ids.length;
}

export function createInventoryStore(database: Database): InventoryStore {
  const step = createStep(database);
  const complete = createCompletePart(database);
  return {
    async stage({ syncId, integrationId }, entries) {
      await database.rows(
        `INSERT INTO ingest.staged_device (integration_id, sync_id, device_id, staged)
         SELECT $3, $4, d, s FROM ${unnest("text", "text")} AS given (d, s)
         ON CONFLICT (integration_id, sync_id, device_id) DO UPDATE SET staged = excluded.staged`,
        [...columnsOf(entries, idOfEntry, (entry) => JSON.stringify(entry)), integrationId, syncId],
      );
    },
    async stageSites({ syncId, integrationId }, sites: readonly Site[]) {
      await database.rows(
        `INSERT INTO ingest.staged_site (integration_id, sync_id, site_id, org_id, name, record)
         SELECT $5, $6, s, o, n, r FROM ${unnest("text", "text", "text", "text")} AS given (s, o, n, r)
         ON CONFLICT (integration_id, sync_id, site_id) DO UPDATE SET
           org_id = excluded.org_id, name = excluded.name, record = excluded.record`,
        [
          ...columnsOf(
            sites,
            ({ site_id }) => site_id,
            ({ org_id }) => org_id,
            ({ name }) => name ?? null,
            (site) => JSON.stringify(site),
          ),
          integrationId,
          syncId,
        ],
      );
    },
    apply: (staging, policy, lease, at, limit = DEVICES_PER_STEP) =>
      step(staging.integrationId, lease, (client) => applyPart(client, staging, policy, at, limit)),
    tidy: (integrationId, lease, limit = DEVICES_PER_STEP) =>
      step(integrationId, lease, (client) => tidyPart(client, integrationId, limit)),
    heldRemovals: (integrationId, limit) =>
      readDeviceQuery<HeldRemoval>(
        database,
        (devices) => `
          SELECT integration_id AS "integrationId", device_id AS "deviceId", held_since AS "heldSince"
          FROM ${devices} WHERE integration_id = $1 AND held_since IS NOT NULL ORDER BY device_id LIMIT $2`,
        [integrationId, limit],
      ),
    async decideHeld(integrationId, decision, at) {
      for (let devices = 0; ; ) {
        const decided = await changeBetweenListings(database, complete, integrationId, (client) =>
          decision === "keep" ? keepHeld(client, integrationId) : removeHeld(client, integrationId, at),
        );
        devices += decided;
        if (decided < DEVICES_PER_STEP) return { devices };
      }
    },
  };
}
