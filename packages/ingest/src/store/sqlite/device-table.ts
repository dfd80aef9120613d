import type { Database } from "better-sqlite3";
import type { FeedItem } from "../../device/feed-item.ts";
import type { ChangedDevice, Ground } from "../../device/ground.ts";
import { placeOf } from "../../device/place.ts";
import { NO_MAPPING } from "../../mapping/mapping.ts";
import { type BindingRow, bindingOf } from "../binding-row.ts";
import {
  DEVICE_COLUMNS,
  type DeviceRow,
  deviceValues,
  OBSERVATION_COLUMNS,
  observationValues,
  stateOf,
} from "../device-row.ts";
import type { Mapping } from "../mapping-store.ts";
import { feedTable } from "./feed-table.ts";
import { historyEnds } from "./history-ends.ts";

/** What changes of devices stand on, and where they are written: for one transaction, in which all is looked up once. */
export interface Devices extends Ground {
  /** Writes devices as they are now, and what is told of them and of other things, in the order given. */
  save(devices: readonly ChangedDevice[], told: readonly FeedItem[]): void;
}

interface DeviceTableRow extends DeviceRow {
  readonly last_status_change: number | null;
}

/** @returns begins to change devices, inside the caller's transaction */
export function deviceTable(database: Database): () => Devices {
  const select = database.prepare<[string, string], DeviceTableRow>(
    "SELECT * FROM device WHERE integration_id = ? AND device_id = ?",
  );
  const upsert = database.prepare(
    `INSERT OR REPLACE INTO device (${DEVICE_COLUMNS.join(", ")}, last_status_change)
     VALUES (${DEVICE_COLUMNS.map(() => "?").join(", ")}, ?)`,
  );
  // Most of what is written: it leaves the row's indexes alone.
  const observe = database.prepare(
    `UPDATE device SET ${OBSERVATION_COLUMNS.map((column) => `${column} = ?`).join(", ")}, last_status_change = ?
     WHERE integration_id = ? AND device_id = ?`,
  );
  const keepRecord = database.prepare(
    "INSERT OR REPLACE INTO device_record (integration_id, device_id, record) VALUES (?, ?, ?)",
  );
  const writeFeed = feedTable(database);
  const bindings = database.prepare<[string, string], BindingRow>(
    "SELECT * FROM binding WHERE integration_id = ? AND org_id = ?",
  );

  const lastChange = database
    .prepare<[string, string], number | null>(
      "SELECT last_status_change FROM device WHERE integration_id = ? AND device_id = ?",
    )
    .pluck();
  const mapping = database
    .prepare<[string], string>("SELECT mapping FROM mapping WHERE integration_id = ?")
    .pluck();

  function mappingOf(integrationId: string): Mapping {
    const stored = mapping.get(integrationId);
    return stored === undefined ? NO_MAPPING : (JSON.parse(stored) as Mapping);
  }

  return () => {
    const ends = historyEnds((...device) => lastChange.get(...device) ?? null);
    const mappings = new Map<string, Mapping>();
    const ofOrgs = new Map<string, ReturnType<typeof bindingOf>[]>();
    return {
      device(integrationId, deviceId) {
        const row = select.get(integrationId, deviceId);
        ends.set(integrationId, deviceId, row?.last_status_change ?? null);
        return row ? stateOf(row) : null;
      },
      place(integrationId, orgId, siteId) {
        const org = `${integrationId}\n${orgId}`;
        const bound = ofOrgs.get(org) ?? bindings.all(integrationId, orgId).map(bindingOf);
        ofOrgs.set(org, bound);
        return placeOf(bound, orgId, siteId);
      },
      mapping(integrationId) {
        const known = mappings.get(integrationId) ?? mappingOf(integrationId);
        mappings.set(integrationId, known);
        return known;
      },
      save(devices, told) {
        writeFeed(told, ends);
        for (const { state, onlyObserved } of devices) {
          const { integrationId, deviceId, observation, facts } = state;
          const end = ends.get(integrationId, deviceId);
          if (onlyObserved) observe.run(...observationValues(observation), end, integrationId, deviceId);
          else upsert.run(...deviceValues(state), end);
          const record = facts?.record;
          if (typeof record === "string") keepRecord.run(integrationId, deviceId, record);
        }
      },
    };
  };
}
