import type { Database } from "better-sqlite3";
import type { DeviceState } from "../../domain/device.ts";
import { createDeviceMap } from "../../domain/device-map.ts";

/** A device as it is stored. */
export interface StoredDevice {
  state: DeviceState | null;
  /** Where the history of its statuses ends: the position of the last change; `null` where there is none yet. */
  lastStatusChange: number | null;
}

/** Devices that were looked up, for as long as they are so in the database. */
export interface DeviceMemory {
  /** Looks one up, in the database where it is not at hand. What is changed of it must be written. */
  device(integrationId: string, deviceId: string): StoredDevice;
  /** Begins a transaction: forgets what may have become another since the last. */
  begin(): void;
  /** The transaction was committed: what is at hand is as it is stored. */
  committed(): void;
}

/** Some 20 MB. */
const MOST_DEVICES = 20_000;

/** @param load reads a device from the database */
export function deviceMemory(
  database: Database,
  load: (integrationId: string, deviceId: string) => StoredDevice,
): DeviceMemory {
  const devices = createDeviceMap<StoredDevice>();
  // Moves with every row that this connection writes, and with every commit of another.
  const version = database
    .prepare<[], string>("SELECT total_changes() || ' ' || data_version FROM pragma_data_version")
    .pluck();
  let good: string | undefined;
  return {
    device(integrationId, deviceId) {
      const known = devices.get(integrationId, deviceId);
      if (known) return known;
      const loaded = load(integrationId, deviceId);
      devices.set(integrationId, deviceId, loaded);
      return loaded;
    },
    begin() {
      if (good === undefined || good !== version.get() || devices.size > MOST_DEVICES) devices.clear();
      // Until it is committed it may be undone, and what was changed here with it.
      good = undefined;
    },
    committed() {
      good = version.get();
    },
  };
}
