import type { Database } from "better-sqlite3";
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

/** Devices, inside the caller's transaction. */
export interface DeviceTable {
  /** What changes stand on, as it is now; places and mappings are looked up once. */
  ground(): Ground;
  save(devices: readonly ChangedDevice[]): void;
}

export function deviceTable(database: Database): DeviceTable {
  const select = database.prepare<[string, string], DeviceRow>(
    "SELECT * FROM device WHERE integration_id = ? AND device_id = ?",
  );
  const upsert = database.prepare(
    `INSERT OR REPLACE INTO device (${DEVICE_COLUMNS.join(", ")}) VALUES (${DEVICE_COLUMNS.map(() => "?").join(", ")})`,
  );
  // Most of what is written: it leaves the row's indexes alone.
  const observe = database.prepare(
    `UPDATE device SET ${OBSERVATION_COLUMNS.map((column) => `${column} = ?`).join(", ")}
     WHERE integration_id = ? AND device_id = ?`,
  );
  const keepRecord = database.prepare(
    "INSERT OR REPLACE INTO device_record (integration_id, device_id, record) VALUES (?, ?, ?)",
  );
  const bindings = database.prepare<[string, string], BindingRow>(
    "SELECT * FROM binding WHERE integration_id = ? AND org_id = ?",
  );

  const mapping = database
    .prepare<[string], string>("SELECT mapping FROM mapping WHERE integration_id = ?")
    .pluck();

  function mappingOf(integrationId: string): Mapping {
    const stored = mapping.get(integrationId);
    return stored === undefined ? NO_MAPPING : (JSON.parse(stored) as Mapping);
  }

  return {
    ground() {
      const mappings = new Map<string, Mapping>();
      const ofOrgs = new Map<string, ReturnType<typeof bindingOf>[]>();
      return {
        device(integrationId, deviceId) {
          const row = select.get(integrationId, deviceId);
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
      };
    },
    save(devices) {
      for (const { state, onlyObserved } of devices) {
        const { integrationId, deviceId, observation, facts } = state;
        if (onlyObserved) observe.run(...observationValues(observation), integrationId, deviceId);
        else upsert.run(...deviceValues(state));
        const record = facts?.record;
        if (typeof record === "string") keepRecord.run(integrationId, deviceId, record);
      }
    },
  };
}
