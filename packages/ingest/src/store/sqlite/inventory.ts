import type { Site } from "@convergint/schemas";
import type { Database } from "better-sqlite3";
import {
  applyGoneDevices,
  applyListedDevices,
  type InventoryEffects,
  removeHeldDevices,
} from "../../domain/apply-inventory.ts";
import type { Lookup } from "../../domain/device-tracker.ts";
import { toFeedItems } from "../../domain/feed.ts";
import {
  addCounts,
  type GoneDevice,
  type RemovalPolicy,
  type StagedDevice,
  type SyncCounts,
  ZERO_COUNTS,
} from "../../domain/inventory.ts";
import type { HeldRemoval, InventoryStore, Staging } from "../inventory-store.ts";
import { openDeviceTable } from "./device-table.ts";
import { prepareLeaseCheck } from "./syncs.ts";

/** How many of a sync's devices are in memory at the same time. */
const PAGE_SIZE = 500;

/** The result if the sync no longer held its lease. Nothing was applied. */
export const LEASE_LOST = "lease_lost";

export function prepareInventoryReads(database: Database): Pick<InventoryStore, "heldRemovals"> {
  const held = database.prepare<[string, number], HeldRemoval>(`
    SELECT integration_id AS integrationId, device_id AS deviceId, held_since AS heldSince
    FROM device WHERE integration_id = ? AND held_since IS NOT NULL ORDER BY device_id LIMIT ?`);
  return { heldRemovals: async (integrationId, limit) => held.all(integrationId, limit) };
}

/** Creates functions that stage a listing page by page, and that read or clear what was staged. */
function createStaging(database: Database) {
  const insertDevice = database.prepare(
    "INSERT OR REPLACE INTO staged_device (integration_id, sync_id, device_id, staged) VALUES (?, ?, ?, ?)",
  );
  const insertGone = database.prepare(
    "INSERT OR REPLACE INTO staged_gone (integration_id, sync_id, device_id, gone_at) VALUES (?, ?, ?, ?)",
  );
  const devices = database.prepare<[string, string, string], { device_id: string; staged: string }>(`
    SELECT device_id, staged FROM staged_device
    WHERE integration_id = ? AND sync_id = ? AND device_id > ? ORDER BY device_id LIMIT ${PAGE_SIZE}`);
  const gone = database.prepare<[string, string, string], GoneDevice>(`
    SELECT device_id AS deviceId, gone_at AS goneAt FROM staged_gone
    WHERE integration_id = ? AND sync_id = ? AND device_id > ? ORDER BY device_id LIMIT ${PAGE_SIZE}`);
  const deleteDevices = database.prepare("DELETE FROM staged_device WHERE integration_id = ?");
  const deleteGone = database.prepare("DELETE FROM staged_gone WHERE integration_id = ?");

  return {
    addDevices({ syncId, integrationId }: Staging, staged: readonly StagedDevice[]): void {
      for (const each of staged) {
        insertDevice.run(integrationId, syncId, each.record.device.device_id, JSON.stringify(each));
      }
    },
    addGone({ syncId, integrationId }: Staging, staged: readonly GoneDevice[]): void {
      for (const { deviceId, goneAt } of staged) insertGone.run(integrationId, syncId, deviceId, goneAt);
    },
    *devicePages({ syncId, integrationId }: Staging): Generator<readonly StagedDevice[]> {
      for (let page = devices.all(integrationId, syncId, ""); page.length > 0; ) {
        yield page.map(({ staged }) => JSON.parse(staged) as StagedDevice);
        page = devices.all(integrationId, syncId, page.at(-1)?.device_id ?? "");
      }
    },
    *gonePages({ syncId, integrationId }: Staging): Generator<readonly GoneDevice[]> {
      for (let page = gone.all(integrationId, syncId, ""); page.length > 0; ) {
        yield page;
        page = gone.all(integrationId, syncId, page.at(-1)?.deviceId ?? "");
      }
    },
    /**
     * Clears an integration's staging, including data left by a crashed process. Only one sync stages at a
     * time, because it holds the integration's lease.
     */
    clear({ integrationId }: Staging): void {
      deleteDevices.run(integrationId);
      deleteGone.run(integrationId);
    },
  };
}

/** Creates a function that computes the effects on devices, writes the effects and returns their counts. */
function createApply(database: Database) {
  const { begin } = openDeviceTable(database);
  return (computeEffects: (devices: Lookup) => InventoryEffects): SyncCounts => {
    const devices = begin();
    const effects = computeEffects(devices);
    devices.save(effects.devices, toFeedItems(effects.changes));
    return effects.counts;
  };
}

function createDecideHeld(database: Database) {
  const held = database
    .prepare<[string], string>(
      `SELECT device_id FROM device WHERE integration_id = ? AND held_since IS NOT NULL ORDER BY device_id LIMIT ${PAGE_SIZE}`,
    )
    .pluck();
  const keepAll = database.prepare(
    "UPDATE device SET held_since = NULL WHERE integration_id = ? AND held_since IS NOT NULL",
  );
  const apply = createApply(database);
  return database.transaction((integrationId: string, decision: "remove" | "keep", at: string) => {
    if (decision === "keep") return { devices: keepAll.run(integrationId).changes };
    let devices = 0;
    for (let page = held.all(integrationId); page.length > 0; page = held.all(integrationId)) {
      devices += apply((lookup) => removeHeldDevices(integrationId, page, lookup, at)).removed;
    }
    return { devices };
  });
}

export function prepareInventoryWrites(database: Database) {
  const staging = createStaging(database);
  const apply = createApply(database);
  const hasLease = prepareLeaseCheck(database);
  const upsertSite = database.prepare(
    "INSERT OR REPLACE INTO site (integration_id, site_id, org_id, name, record) VALUES (?, ?, ?, ?, ?)",
  );

  function applyStaged(sync: Staging, policy: RemovalPolicy, at: string): SyncCounts {
    let counts = ZERO_COUNTS;
    for (const page of staging.devicePages(sync)) {
      counts = addCounts(
        counts,
        apply((lookup) => applyListedDevices(sync.integrationId, page, lookup, at)),
      );
    }
    for (const page of staging.gonePages(sync)) {
      counts = addCounts(
        counts,
        apply((lookup) => applyGoneDevices(sync.integrationId, page, policy, lookup, at)),
      );
    }
    return counts;
  }

  return {
    stageDevices: database.transaction(staging.addDevices),
    stageGone: database.transaction(staging.addGone),
    discardStaged: database.transaction(staging.clear),
    applyStaged: database.transaction(
      (
        sync: Staging,
        sites: readonly Site[] | null,
        policy: RemovalPolicy,
        lease: { readonly name: string; readonly owner: string },
        at: string,
      ): SyncCounts | typeof LEASE_LOST => {
        if (!hasLease(lease.name, lease.owner)) return LEASE_LOST;
        for (const site of sites ?? []) {
          const { site_id, org_id, name } = site;
          upsertSite.run(sync.integrationId, site_id, org_id, name ?? null, JSON.stringify(site));
        }
        const counts = applyStaged(sync, policy, at);
        staging.clear(sync);
        return counts;
      },
    ),
    decideHeld: createDecideHeld(database),
  };
}
