import type { Site } from "@convergint/schemas";
import type { Database } from "better-sqlite3";
import {
  applyGoneDevices,
  applyListedDevices,
  type InventoryEffects,
  removeHeldDevices,
} from "../../../domain/apply-inventory.ts";
import type { Lookup } from "../../../domain/device-tracker.ts";
import { toFeedItems } from "../../../domain/feed.ts";
import type { GoneDevice, RemovalPolicy, StagedDevice, SyncCounts } from "../../../domain/inventory.ts";
import { addCounts, ZERO_COUNTS } from "../../../domain/inventory.ts";
import type { Staging } from "../../inventory-store.ts";
import { deviceTable } from "../device-table.ts";
import { leaseTable } from "./leases.ts";

/** How many devices of a sync are in memory at once. */
const AT_ONCE = 500;

/** What a sync that lost its lease is told; nothing of it was applied. */
export const LEASE_LOST = "lease_lost";

/** Makes the transactions a listing goes through: staged page by page, then applied as one, or forgotten. */
export function inventoryWrites(database: Database) {
  const stage = database.prepare(
    "INSERT OR REPLACE INTO staged_device (integration_id, sync_id, device_id, staged) VALUES (?, ?, ?, ?)",
  );
  const stageGone = database.prepare(
    "INSERT OR REPLACE INTO staged_gone (integration_id, sync_id, device_id, gone_at) VALUES (?, ?, ?, ?)",
  );
  const staged = database.prepare<[string, string, string], { device_id: string; staged: string }>(
    `SELECT device_id, staged FROM staged_device WHERE integration_id = ? AND sync_id = ? AND device_id > ? ORDER BY device_id LIMIT ${AT_ONCE}`,
  );
  const gone = database.prepare<[string, string, string], GoneDevice>(
    `SELECT device_id AS deviceId, gone_at AS goneAt FROM staged_gone
     WHERE integration_id = ? AND sync_id = ? AND device_id > ? ORDER BY device_id LIMIT ${AT_ONCE}`,
  );
  const held = database
    .prepare<[string], string>(
      `SELECT device_id FROM device WHERE integration_id = ? AND held_since IS NOT NULL ORDER BY device_id LIMIT ${AT_ONCE}`,
    )
    .pluck();
  const forgetDevices = database.prepare("DELETE FROM staged_device WHERE integration_id = ?");
  const forgetGone = database.prepare("DELETE FROM staged_gone WHERE integration_id = ?");
  const upsertSite = database.prepare(
    "INSERT OR REPLACE INTO site (integration_id, site_id, org_id, name, record) VALUES (?, ?, ?, ?, ?)",
  );
  const forgetHold = database.prepare(
    "UPDATE device SET held_since = NULL WHERE integration_id = ? AND held_since IS NOT NULL",
  );
  const { open } = deviceTable(database);
  const { hasLease } = leaseTable(database);

  /** Writes what becomes of some devices. */
  function write(effectsOn: (devices: Lookup) => InventoryEffects): SyncCounts {
    const devices = open();
    const { changes, devices: changed, counts } = effectsOn(devices);
    devices.save(changed, toFeedItems(changes));
    return counts;
  }

  function applyStaged({ syncId, integrationId }: Staging, at: string): SyncCounts {
    let applied = ZERO_COUNTS;
    for (let page = staged.all(integrationId, syncId, ""); page.length > 0; ) {
      const entries = page.map((row) => JSON.parse(row.staged) as StagedDevice);
      applied = addCounts(
        applied,
        write((ground) => applyListedDevices(integrationId, entries, ground, at)),
      );
      page = staged.all(integrationId, syncId, page.at(-1)?.device_id ?? "");
    }
    return applied;
  }

  function applyVanished(
    { syncId, integrationId }: Staging,
    vanished: RemovalPolicy,
    at: string,
  ): SyncCounts {
    let applied = ZERO_COUNTS;
    for (let page = gone.all(integrationId, syncId, ""); page.length > 0; ) {
      applied = addCounts(
        applied,
        write((ground) => applyGoneDevices(integrationId, page, vanished, ground, at)),
      );
      page = gone.all(integrationId, syncId, page.at(-1)?.deviceId ?? "");
    }
    return applied;
  }

  /** Forgets what was staged for an integration: under its lease there is one sync at a time, and what a dead one left goes too. */
  function discard({ integrationId }: Staging): void {
    forgetDevices.run(integrationId);
    forgetGone.run(integrationId);
  }

  return {
    stageDevices: database.transaction(({ syncId, integrationId }: Staging, all: readonly StagedDevice[]) => {
      for (const each of all)
        stage.run(integrationId, syncId, each.record.device.device_id, JSON.stringify(each));
    }),
    stageGone: database.transaction(({ syncId, integrationId }: Staging, all: readonly GoneDevice[]) => {
      for (const { deviceId, goneAt } of all) stageGone.run(integrationId, syncId, deviceId, goneAt);
    }),
    discardStaged: database.transaction(discard),
    applyStaged: database.transaction(
      (
        staging: Staging,
        sites: readonly Site[] | null,
        vanished: RemovalPolicy,
        lease: { readonly name: string; readonly owner: string },
        at: string,
      ): SyncCounts | typeof LEASE_LOST => {
        if (!hasLease(lease.name, lease.owner)) return LEASE_LOST;
        for (const site of sites ?? []) {
          const { site_id, org_id, name } = site;
          upsertSite.run(staging.integrationId, site_id, org_id, name ?? null, JSON.stringify(site));
        }
        const applied = addCounts(applyStaged(staging, at), applyVanished(staging, vanished, at));
        discard(staging);
        return applied;
      },
    ),
    decideHeld: database.transaction((integrationId: string, decision: "remove" | "keep", at: string) => {
      if (decision === "keep") return { devices: forgetHold.run(integrationId).changes };
      let count = 0;
      for (let page = held.all(integrationId); page.length > 0; page = held.all(integrationId)) {
        count += write((ground) => removeHeldDevices(integrationId, page, ground, at)).removed;
      }
      return { devices: count };
    }),
  };
}
