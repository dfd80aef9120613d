import type { Site } from "@convergint/schemas";
import {
  applyGoneDevices,
  applyListedDevices,
  type InventoryEffects,
  removeHeldDevices,
} from "../../domain/apply-inventory.ts";
import type { GoneDevice, StagedDevice, SyncCounts } from "../../domain/inventory.ts";
import { addCounts, ZERO_COUNTS } from "../../domain/inventory.ts";
import type { HeldRemoval, InventoryStore, Staging } from "../inventory-store.ts";
import { StoreError } from "../store-error.ts";
import type { Client, Database } from "./connection.ts";
import { type PendingChanges, pendingChanges } from "./feed.ts";
import { groundOf, holdIntegrations, saveDevices } from "./ground.ts";
import { columnsOf, unnest } from "./unnest.ts";

/** How many devices of a sync are in memory at once. */
const AT_ONCE = 500;

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

async function write(
  client: Client,
  { changes, devices, counts }: InventoryEffects,
  pending: PendingChanges,
): Promise<SyncCounts> {
  await saveDevices(client, devices);
  await pending.add(changes);
  return counts;
}

async function applyStaged(
  client: Client,
  { syncId, integrationId }: Staging,
  pending: PendingChanges,
  at: string,
): Promise<SyncCounts> {
  let applied = ZERO_COUNTS;
  for (let after = ""; ; ) {
    const page = await client.rows<{ device_id: string; staged: string }>(
      `SELECT device_id, staged FROM ingest.staged_device
       WHERE sync_id = $1 AND device_id > $2 ORDER BY device_id LIMIT ${AT_ONCE}`,
      [syncId, after],
    );
    const last = page.at(-1);
    if (!last) return applied;
    const staged = page.map((row) => JSON.parse(row.staged) as StagedDevice);
    const keys = page.map((row) => ({ integrationId, deviceId: row.device_id, mayBeNew: true }));
    const ground = await groundOf(client, [integrationId], keys);
    applied = addCounts(
      applied,
      await write(client, applyListedDevices(integrationId, staged, ground, at), pending),
    );
    after = last.device_id;
  }
}

async function applyVanished(
  client: Client,
  { syncId, integrationId }: Staging,
  vanished: "remove" | "hold",
  pending: PendingChanges,
  at: string,
): Promise<SyncCounts> {
  let applied = ZERO_COUNTS;
  for (let after = ""; ; ) {
    const page = await client.rows<GoneDevice>(
      `SELECT device_id AS "deviceId", gone_at AS "goneAt" FROM ingest.staged_gone
       WHERE sync_id = $1 AND device_id > $2 ORDER BY device_id LIMIT ${AT_ONCE}`,
      [syncId, after],
    );
    const last = page.at(-1);
    if (!last) return applied;
    const keys = page.map(({ deviceId }) => ({ integrationId, deviceId, mayBeNew: false }));
    const ground = await groundOf(client, [integrationId], keys);
    applied = addCounts(
      applied,
      await write(client, applyGoneDevices(integrationId, page, vanished, ground, at), pending),
    );
    after = last.deviceId;
  }
}

/** Forgets what was staged for an integration: under its lease there is one sync at a time, and what a dead one left goes too. */
async function discard(client: Client, { integrationId }: Staging): Promise<void> {
  await client.rows("DELETE FROM ingest.staged_device WHERE integration_id = $1", [integrationId]);
  await client.rows("DELETE FROM ingest.staged_gone WHERE integration_id = $1", [integrationId]);
}

export function inventoryIn(database: Database): InventoryStore {
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
    apply: (staging, sites, vanished, lease, at) =>
      database.transaction(async (client) => {
        // Held to the end: nobody takes the lease over while this is being applied.
        const [held] = await client.rows(
          "SELECT 1 FROM ingest.lease WHERE name = $1 AND owner = $2 AND until > clock_timestamp() FOR SHARE",
          [lease.name, lease.owner],
        );
        if (!held) throw new StoreError("lease_lost", "Another process has taken this sync over.");
        await holdIntegrations(client, [staging.integrationId]);
        if (sites) await saveSites(client, staging.integrationId, sites);
        const pending = await pendingChanges(client);
        const applied = addCounts(
          await applyStaged(client, staging, pending, at),
          await applyVanished(client, staging, vanished, pending, at),
        );
        await discard(client, staging);
        await pending.write();
        return applied;
      }),
    discard: (staging) => database.transaction((client) => discard(client, staging)),
    heldRemovals: (integrationId, limit) =>
      database.rows<HeldRemoval>(
        `SELECT integration_id AS "integrationId", device_id AS "deviceId", held_since AS "heldSince"
         FROM ingest.device WHERE integration_id = $1 AND held_since IS NOT NULL ORDER BY device_id LIMIT $2`,
        [integrationId, limit],
      ),
    decideHeld: (integrationId, decision, at) =>
      database.transaction(async (client) => {
        if (decision === "keep") {
          const kept = await client.rows(
            "UPDATE ingest.device SET held_since = NULL WHERE integration_id = $1 AND held_since IS NOT NULL RETURNING 1",
            [integrationId],
          );
          return { devices: kept.length };
        }
        const pending = await pendingChanges(client);
        let devices = 0;
        for (;;) {
          const page = await client.rows<{ device_id: string }>(
            `SELECT device_id FROM ingest.device WHERE integration_id = $1 AND held_since IS NOT NULL
             ORDER BY device_id LIMIT ${AT_ONCE}`,
            [integrationId],
          );
          if (page.length === 0) break;
          const ids = page.map(({ device_id }) => device_id);
          const keys = ids.map((deviceId) => ({ integrationId, deviceId, mayBeNew: false }));
          const ground = await groundOf(client, [integrationId], keys);
          const { removed } = await write(client, removeHeldDevices(integrationId, ids, ground, at), pending);
          devices += removed;
        }
        await pending.write();
        return { devices };
      }),
  };
}
