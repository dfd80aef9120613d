import type { Site } from "@convergint/schemas";
import type { Database } from "better-sqlite3";
import type { Snapshot, StagedDevice } from "../store.ts";
import { statusTable } from "./status-table.ts";

/** More devices than this share of all vanishing at once is taken for the vendor's mistake until a person looks. */
const MOST_VANISHING = 0.2;

/** Makes the transactions a listing goes through: staged page by page, then applied as one, or forgotten. */
export function snapshotTables(database: Database) {
  const stage = database.prepare("INSERT INTO staged_device (sync_id, device_id, staged) VALUES (?, ?, ?)");
  const staged = database.prepare<[string], { staged: string }>(
    "SELECT staged FROM staged_device WHERE sync_id = ?",
  );
  const forget = database.prepare("DELETE FROM staged_device WHERE sync_id = ?");
  const upsertSite = database.prepare(
    "INSERT OR REPLACE INTO site (integration_id, site_id, org_id, record) VALUES (?, ?, ?, ?)",
  );
  const upsertDevice = database.prepare(`
    INSERT OR REPLACE INTO device
      (integration_id, device_id, org_id, site_id, type, lifecycle, record, mac_addresses)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?)`);
  const countListed = database.prepare<[string], { count: number }>(
    "SELECT count(*) AS count FROM device WHERE integration_id = ? AND lifecycle <> 'removed' AND record IS NOT NULL",
  );
  const VANISHED = `
    integration_id = ? AND lifecycle <> 'removed' AND record IS NOT NULL
    AND device_id NOT IN (SELECT device_id FROM staged_device WHERE sync_id = ?)`;
  const countVanished = database.prepare<[string, string], { count: number }>(
    `SELECT count(*) AS count FROM device WHERE ${VANISHED}`,
  );
  const remove = database.prepare(`UPDATE device SET lifecycle = 'removed' WHERE ${VANISHED}`);
  const { current, observe } = statusTable(database);

  return {
    stageDevices: database.transaction((snapshot: Snapshot, devices: readonly StagedDevice[]) => {
      for (const entry of devices) stage.run(snapshot.syncId, entry.device.device_id, JSON.stringify(entry));
    }),

    discardSnapshot: ({ syncId }: Pick<Snapshot, "syncId">) => {
      forget.run(syncId);
    },

    applySnapshot: database.transaction(({ syncId, integrationId }: Snapshot, sites: readonly Site[]) => {
      const listed = countListed.get(integrationId)?.count ?? 0;
      const vanished = countVanished.get(integrationId, syncId)?.count ?? 0;
      const held = vanished > listed * MOST_VANISHING;
      if (!held) remove.run(integrationId, syncId);
      for (const site of sites) {
        upsertSite.run(integrationId, site.site_id, site.org_id, JSON.stringify(site));
      }
      let devices = 0;
      // All at once: a statement that is being read keeps its connection from writing.
      for (const row of staged.all(syncId)) {
        const { device, type, macAddresses, observation } = JSON.parse(row.staged) as StagedDevice;
        devices += 1;
        upsertDevice.run(
          integrationId,
          device.device_id,
          device.org_id,
          device.site_id,
          type,
          device.lifecycle ?? "active",
          JSON.stringify(device),
          JSON.stringify(macAddresses),
        );
        if (!observation) continue;
        const known = current(integrationId, device.device_id);
        observe(integrationId, device.device_id, observation, known);
      }
      forget.run(syncId);
      return { devices, vanished, held };
    }),
  };
}
