import type { Site } from "@convergint/schemas";
import {
  applyGoneDevices,
  applyListedDevices,
  type InventoryEffects,
  removeHeldDevices,
} from "../../domain/apply-inventory.ts";
import type { Lookup } from "../../domain/device-tracker.ts";
import {
  addCounts,
  type GoneDevice,
  type RemovalPolicy,
  type StagedDevice,
  type SyncCounts,
  ZERO_COUNTS,
} from "../../domain/inventory.ts";
import type { HeldRemoval, InventoryStore, Staging } from "../inventory-store.ts";
import { StoreError } from "../store.ts";
import type { Database } from "./connection.ts";
import { holdIntegrations, lookUpDevices, saveDevices } from "./device-table.ts";
import { collectChanges, type PendingChanges } from "./feed.ts";
import { columnsOf, unnest } from "./query.ts";
import type { Client } from "./transaction.ts";

/** How many of a sync's devices are in memory at the same time. */
const PAGE_SIZE = 500;

async function saveSites(client: Client, integrationId: string, sites: readonly Site[]): Promise<void> {
  await client.rows(
    `INSERT INTO ingest.site (integration_id, site_id, org_id, name, record)
     SELECT $5, s, o, n, r FROM ${unnest("text", "text", "text", "text")} AS given (s, o, n, r) ORDER BY s
     ON CONFLICT (integration_id, site_id) DO UPDATE SET
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
    ],
  );
}

async function* stagedDevicePages(
  client: Client,
  { syncId }: Staging,
): AsyncGenerator<readonly StagedDevice[]> {
  for (let after = ""; ; ) {
    const page = await client.rows<{ device_id: string; staged: string }>(
      `SELECT device_id, staged FROM ingest.staged_device
       WHERE sync_id = $1 AND device_id > $2 ORDER BY device_id LIMIT ${PAGE_SIZE}`,
      [syncId, after],
    );
    const last = page.at(-1);
    if (!last) return;
    yield page.map(({ staged }) => JSON.parse(staged) as StagedDevice);
    if (page.length < PAGE_SIZE) return;
    after = last.device_id;
  }
}

async function* stagedGonePages(client: Client, { syncId }: Staging): AsyncGenerator<readonly GoneDevice[]> {
  for (let after = ""; ; ) {
    const page = await client.rows<GoneDevice>(
      `SELECT device_id AS "deviceId", gone_at AS "goneAt" FROM ingest.staged_gone
       WHERE sync_id = $1 AND device_id > $2 ORDER BY device_id LIMIT ${PAGE_SIZE}`,
      [syncId, after],
    );
    const last = page.at(-1);
    if (!last) return;
    yield page;
    if (page.length < PAGE_SIZE) return;
    after = last.deviceId;
  }
}

/** Locks devices, computes the effects on them, and writes the effects. */
async function apply(
  client: Client,
  integrationId: string,
  keys: readonly { readonly deviceId: string; readonly mayBeNew: boolean }[],
  pending: PendingChanges,
  computeEffects: (lookup: Lookup) => InventoryEffects,
): Promise<SyncCounts> {
  const lookup = await lookUpDevices(
    client,
    [integrationId],
    keys.map((key) => ({ integrationId, ...key })),
  );
  const { changes, devices, counts } = computeEffects(lookup);
  await saveDevices(client, devices);
  await pending.add(changes);
  return counts;
}

async function applyStaged(
  client: Client,
  staging: Staging,
  policy: RemovalPolicy,
  pending: PendingChanges,
  at: string,
): Promise<SyncCounts> {
  const { integrationId } = staging;
  let counts = ZERO_COUNTS;
  for await (const page of stagedDevicePages(client, staging)) {
    const keys = page.map(({ record }) => ({ deviceId: record.device.device_id, mayBeNew: true }));
    const applied = await apply(client, integrationId, keys, pending, (lookup) =>
      applyListedDevices(integrationId, page, lookup, at),
    );
    counts = addCounts(counts, applied);
  }
  for await (const page of stagedGonePages(client, staging)) {
    const keys = page.map(({ deviceId }) => ({ deviceId, mayBeNew: false }));
    const applied = await apply(client, integrationId, keys, pending, (lookup) =>
      applyGoneDevices(integrationId, page, policy, lookup, at),
    );
    counts = addCounts(counts, applied);
  }
  return counts;
}

/**
 * Clears an integration's staging, including data left by a crashed process. Only one sync stages at a time,
 * because it holds the integration's lease.
 */
async function clearStaging(client: Client, { integrationId }: Staging): Promise<void> {
  await client.rows("DELETE FROM ingest.staged_device WHERE integration_id = $1", [integrationId]);
  await client.rows("DELETE FROM ingest.staged_gone WHERE integration_id = $1", [integrationId]);
}

async function keepHeld(client: Client, integrationId: string): Promise<number> {
  const kept = await client.rows(
    "UPDATE ingest.device SET held_since = NULL WHERE integration_id = $1 AND held_since IS NOT NULL RETURNING 1",
    [integrationId],
  );
  return kept.length;
}

async function removeHeld(client: Client, integrationId: string, at: string): Promise<number> {
  const pending = collectChanges(client);
  for (let removed = 0; ; ) {
    const page = await client.rows<{ device_id: string }>(
      `SELECT device_id FROM ingest.device WHERE integration_id = $1 AND held_since IS NOT NULL
       ORDER BY device_id LIMIT ${PAGE_SIZE}`,
      [integrationId],
    );
    if (page.length === 0) {
      await pending.write();
      return removed;
    }
    const ids = page.map(({ device_id }) => device_id);
    const keys = ids.map((deviceId) => ({ deviceId, mayBeNew: false }));
    const counts = await apply(client, integrationId, keys, pending, (lookup) =>
      removeHeldDevices(integrationId, ids, lookup, at),
    );
    removed += counts.removed;
  }
}

export function createInventoryStore(database: Database): InventoryStore {
  return {
    async stage({ syncId, integrationId }, devices) {
      await database.rows(
        `INSERT INTO ingest.staged_device (sync_id, device_id, integration_id, staged)
         SELECT $3, d, $4, s FROM ${unnest("text", "text")} AS given (d, s)
         ON CONFLICT (sync_id, device_id) DO UPDATE SET staged = excluded.staged`,
        [
          ...columnsOf(
            devices,
            ({ record }) => record.device.device_id,
            (device) => JSON.stringify(device),
          ),
          syncId,
          integrationId,
        ],
      );
    },
    async stageGone({ syncId, integrationId }, gone) {
      await database.rows(
        `INSERT INTO ingest.staged_gone (sync_id, device_id, integration_id, gone_at)
         SELECT $3, d, $4, g FROM ${unnest("text", "text")} AS given (d, g)
         ON CONFLICT (sync_id, device_id) DO UPDATE SET gone_at = excluded.gone_at`,
        [
          ...columnsOf(
            gone,
            ({ deviceId }) => deviceId,
            ({ goneAt }) => goneAt,
          ),
          syncId,
          integrationId,
        ],
      );
    },
    apply: (staging, sites, policy, lease, at) =>
      database.transaction(async (client) => {
        // Locks the row until the transaction ends, so that no other process takes the lease while the sync
        // is applied.
        const [held] = await client.rows(
          "SELECT 1 FROM ingest.lease WHERE name = $1 AND owner = $2 AND until > clock_timestamp() FOR SHARE",
          [lease.name, lease.owner],
        );
        if (!held) {
          throw new StoreError("lease_lost", "This sync lost its lease to another process.");
        }
        await holdIntegrations(client, [staging.integrationId]);
        if (sites) await saveSites(client, staging.integrationId, sites);
        const pending = collectChanges(client);
        const counts = await applyStaged(client, staging, policy, pending, at);
        await clearStaging(client, staging);
        await pending.write();
        return counts;
      }),
    discard: (staging) => database.transaction((client) => clearStaging(client, staging)),
    heldRemovals: (integrationId, limit) =>
      database.rows<HeldRemoval>(
        `SELECT integration_id AS "integrationId", device_id AS "deviceId", held_since AS "heldSince"
         FROM ingest.device WHERE integration_id = $1 AND held_since IS NOT NULL ORDER BY device_id LIMIT $2`,
        [integrationId, limit],
      ),
    decideHeld: (integrationId, decision, at) =>
      database.transaction(async (client) => ({
        devices:
          decision === "keep"
            ? await keepHeld(client, integrationId)
            : await removeHeld(client, integrationId, at),
      })),
  };
}
