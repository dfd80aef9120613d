import type { Database, Statement } from "better-sqlite3";
import { type Binding, findPlace } from "../../domain/binding.ts";
import type { ChangedDevice, Lookup } from "../../domain/device-tracker.ts";
import type { FeedItem } from "../../domain/feed.ts";
import { type Mapping, NO_MAPPING } from "../../domain/mapping.ts";
import type { Observation } from "../../domain/observation.ts";
import {
  BINDING_COLUMNS,
  type BindingRow,
  DEVICE_COLUMNS,
  type DeviceRow,
  KEY_COLUMNS,
  OBSERVATION_COLUMNS,
  toBinding,
  toDeviceState,
  toDeviceValues,
} from "../rows.ts";
import { createDeviceMemory, type DeviceMemory } from "./device-memory.ts";
import { createFeedWriter } from "./feed.ts";

/** Reads and writes devices within one transaction. */
export interface DeviceTransaction extends Lookup {
  /** Writes devices and appends items to the feed, in the order given. */
  save(devices: readonly ChangedDevice[], feed: readonly FeedItem[]): void;
}

export interface DeviceTable {
  /**
   * Opens a view for the caller's transaction. Bindings and mappings are read at most once per call of
   * `begin`.
   */
  begin(): DeviceTransaction;
  /**
   * Keeps the devices for the next transaction, unless anything else is written before it. Call it after the
   * commit.
   */
  keep(): void;
}

interface StoredRow extends DeviceRow {
  readonly last_status_change: number | null;
}

const WHERE_KEY = KEY_COLUMNS.map((column) => `${column} = ?`).join(" AND ");

function loadDevicesFrom(database: Database): DeviceMemory {
  const select = database.prepare<[string, string], StoredRow>(
    `SELECT ${DEVICE_COLUMNS.join(", ")}, last_status_change FROM device WHERE ${WHERE_KEY}`,
  );
  return createDeviceMemory(database, (integrationId, deviceId) => {
    const row = select.get(integrationId, deviceId);
    return { state: row ? toDeviceState(row) : null, lastStatusChange: row?.last_status_change ?? null };
  });
}

/** The columns that differ if a device is seen again with a different status; see {@link isSeenAgain}. */
const SEEN_AGAIN_COLUMNS = [
  "order_occurred_at",
  "order_event_id",
  "status",
  "sent_status",
  "occurred_at",
] as const satisfies typeof OBSERVATION_COLUMNS;

/** Whether two observations differ only in status, time and event. */
const isSeenAgain = (before: Observation | null | undefined, now: Observation | null): boolean =>
  now !== null &&
  before?.knownBy === now.knownBy &&
  before.vendorStatus === now.vendorStatus &&
  before.reason === now.reason &&
  before.lastSeenAt === now.lastSeenAt &&
  before.order.sequence === now.order.sequence &&
  before.order.asOf === now.order.asOf;

/** Prepares an update of some of a device's columns. The row's indexes stay untouched. */
const prepareUpdate = (database: Database, columns: typeof OBSERVATION_COLUMNS): Statement =>
  database.prepare(
    `UPDATE device SET ${columns.map((column) => `${column} = ?`).join(", ")}, last_status_change = ?
     WHERE ${WHERE_KEY}`,
  );

/** Creates a function that writes one device with the cheapest statement that covers all its changes. */
function createDeviceWriter(database: Database, memory: DeviceMemory): (device: ChangedDevice) => void {
  const upsert = database.prepare(
    `INSERT OR REPLACE INTO device (${DEVICE_COLUMNS.join(", ")}, last_status_change)
     VALUES (${DEVICE_COLUMNS.map(() => "?").join(", ")}, ?)`,
  );
  const updateObservation = prepareUpdate(database, OBSERVATION_COLUMNS);
  const updateSeenAgain = prepareUpdate(database, SEEN_AGAIN_COLUMNS);
  const upsertRecord = database.prepare(
    "INSERT OR REPLACE INTO device_record (integration_id, device_id, record) VALUES (?, ?, ?)",
  );

  return ({ state, onlyObserved }) => {
    const { integrationId, deviceId, observation, facts } = state;
    const stored = memory.device(integrationId, deviceId);
    const key = [integrationId, deviceId];
    if (!onlyObserved) {
      upsert.run(...toDeviceValues(state, DEVICE_COLUMNS), stored.lastStatusChange);
    } else if (isSeenAgain(stored.state?.observation, observation)) {
      updateSeenAgain.run(...toDeviceValues(state, SEEN_AGAIN_COLUMNS), stored.lastStatusChange, ...key);
    } else {
      updateObservation.run(...toDeviceValues(state, OBSERVATION_COLUMNS), stored.lastStatusChange, ...key);
    }
    const hasNewRecord = typeof facts?.record === "string";
    if (hasNewRecord) upsertRecord.run(integrationId, deviceId, facts.record);
    stored.state = hasNewRecord ? { ...state, facts: { ...facts, record: null } } : state;
  };
}

/**
 * Creates a function that opens a look-up of bindings and mappings. The look-up reads each of them at most
 * once.
 */
function createPlaceLookup(database: Database): () => Pick<Lookup, "place" | "mapping"> {
  const selectBindings = database.prepare<[string, string], BindingRow>(
    `SELECT ${BINDING_COLUMNS.join(", ")} FROM binding WHERE integration_id = ? AND org_id = ?`,
  );
  const selectMapping = database
    .prepare<[string], string>("SELECT mapping FROM mapping WHERE integration_id = ?")
    .pluck();
  function readMapping(integrationId: string): Mapping {
    const stored = selectMapping.get(integrationId);
    return stored === undefined ? NO_MAPPING : (JSON.parse(stored) as Mapping);
  }

  return () => {
    const mappings = new Map<string, Mapping>();
    const bindingsOfOrgs = new Map<string, readonly Binding[]>();
    return {
      place(integrationId, orgId, siteId) {
        const org = `${integrationId}\n${orgId}`;
        const bindings = bindingsOfOrgs.get(org) ?? selectBindings.all(integrationId, orgId).map(toBinding);
        bindingsOfOrgs.set(org, bindings);
        return findPlace(bindings, orgId, siteId);
      },
      mapping(integrationId) {
        const mapping = mappings.get(integrationId) ?? readMapping(integrationId);
        mappings.set(integrationId, mapping);
        return mapping;
      },
    };
  };
}

export function openDeviceTable(database: Database): DeviceTable {
  const memory = loadDevicesFrom(database);
  const openPlaces = createPlaceLookup(database);
  const writeFeed = createFeedWriter(database, memory);
  const writeDevice = createDeviceWriter(database, memory);
  return {
    begin() {
      memory.begin();
      return {
        ...openPlaces(),
        device: (integrationId, deviceId) => memory.device(integrationId, deviceId).state,
        save(devices, feed) {
          // Writes the feed first, because this sets the heads of histories that are stored in the devices'
          // rows.
          writeFeed(feed);
          for (const device of devices) writeDevice(device);
        },
      };
    },
    keep: () => memory.keep(),
  };
}
