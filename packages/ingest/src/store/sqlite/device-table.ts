import type { Database } from "better-sqlite3";
import { findPlace } from "../../domain/binding.ts";
import type { ChangedDevice, Lookup } from "../../domain/device-tracker.ts";
import type { FeedItem } from "../../domain/feed.ts";
import type { Mapping } from "../../domain/mapping.ts";
import { NO_MAPPING } from "../../domain/mapping.ts";
import type { Observation } from "../../domain/observation.ts";
import { type BindingRow, toBinding } from "../binding-row.ts";
import {
  DEVICE_COLUMNS,
  type DeviceRow,
  deviceValues,
  OBSERVATION_COLUMNS,
  observationValues,
  stateOf,
} from "../device-row.ts";
import { deviceMemory } from "./device-memory.ts";
import { feedTable } from "./feed-table.ts";

/** What changes of devices stand on, and where they are written: for one transaction. */
export interface Devices extends Lookup {
  /** Writes devices as they are now, and what is told of them and of other things, in the order given. */
  save(devices: readonly ChangedDevice[], told: readonly FeedItem[]): void;
}

export interface DeviceTable {
  /** Begins to change devices, inside the caller's transaction; places and mappings are looked up once. */
  open(): Devices;
  /** The transaction was committed, and nothing else was written meanwhile: the next need not look up its devices again. */
  committed(): void;
}

interface DeviceTableRow extends DeviceRow {
  readonly last_status_change: number | null;
}

/** Whether an observation differs from the one that is stored in no more than its status, its moment and its event. */
const isSeenAgain = (before: Observation | null | undefined, now: Observation): boolean =>
  before?.knownBy === now.knownBy &&
  before.vendorStatus === now.vendorStatus &&
  before.reason === now.reason &&
  before.lastSeenAt === now.lastSeenAt &&
  before.order.sequence === now.order.sequence &&
  before.order.asOf === now.order.asOf;

export function deviceTable(database: Database): DeviceTable {
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
  // Most of that: the vendor said another status at another moment, and the rest as before.
  const observeAgain = database.prepare(
    `UPDATE device SET order_occurred_at = ?, order_event_id = ?, status = ?, sent_status = ?, occurred_at = ?,
       last_status_change = ?
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

  const memory = deviceMemory(database, (integrationId, deviceId) => {
    const row = select.get(integrationId, deviceId);
    return { state: row ? stateOf(row) : null, lastStatusChange: row?.last_status_change ?? null };
  });
  const writeFeed = feedTable(database, memory);

  function mappingOf(integrationId: string): Mapping {
    const stored = mapping.get(integrationId);
    return stored === undefined ? NO_MAPPING : (JSON.parse(stored) as Mapping);
  }

  function save({ state, onlyObserved }: ChangedDevice): void {
    const { integrationId, deviceId, observation, facts } = state;
    const stored = memory.device(integrationId, deviceId);
    if (onlyObserved && observation && isSeenAgain(stored.state?.observation, observation)) {
      const { order, status, sentStatus, occurredAt } = observation;
      const { lastStatusChange } = stored;
      observeAgain.run(
        ...[order.occurredAt, order.eventId, status, sentStatus, occurredAt],
        ...[lastStatusChange, integrationId, deviceId],
      );
    } else if (onlyObserved) {
      observe.run(...observationValues(observation), stored.lastStatusChange, integrationId, deviceId);
    } else {
      upsert.run(...deviceValues(state), stored.lastStatusChange);
    }
    const isTold = typeof facts?.record === "string";
    if (isTold) keepRecord.run(integrationId, deviceId, facts.record);
    stored.state = isTold ? { ...state, facts: { ...facts, record: null } } : state;
  }

  return {
    open() {
      memory.begin();
      const mappings = new Map<string, Mapping>();
      const ofOrgs = new Map<string, ReturnType<typeof toBinding>[]>();
      return {
        device: (integrationId, deviceId) => memory.device(integrationId, deviceId).state,
        place(integrationId, orgId, siteId) {
          const org = `${integrationId}\n${orgId}`;
          const bound = ofOrgs.get(org) ?? bindings.all(integrationId, orgId).map(toBinding);
          ofOrgs.set(org, bound);
          return findPlace(bound, orgId, siteId);
        },
        mapping(integrationId) {
          const known = mappings.get(integrationId) ?? mappingOf(integrationId);
          mappings.set(integrationId, known);
          return known;
        },
        save(devices, told) {
          writeFeed(told);
          for (const device of devices) save(device);
        },
      };
    },
    committed: () => memory.committed(),
  };
}
