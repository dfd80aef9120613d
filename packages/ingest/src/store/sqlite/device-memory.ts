import type { Database } from "better-sqlite3";
import type { DeviceState } from "../../domain/device.ts";
import { createDeviceMap } from "../../domain/device-map.ts";

/** A device as stored. */
export interface StoredDevice {
  state: DeviceState | null;
  /** Position of its latest status change, the head of its history; `null` if it has none. */
  lastStatusChange: number | null;
}

/** Caches devices across transactions, for as long as nothing else writes to the database. */
export interface DeviceMemory {
  /** Returns the cached device, or loads it. The caller must write every change of it to the database. */
  device(integrationId: string, deviceId: string): StoredDevice;
  /** Call at the start of a transaction: clears the cache if anything was written since {@link keep}. */
  begin(): void;
  /** Call after the commit: keeps the cache for the next transaction. */
  keep(): void;
}

/** About 20 MB. */
const MAX_DEVICES = 20_000;

/** @param load reads a device from the database */
export function createDeviceMemory(
  database: Database,
  load: (integrationId: string, deviceId: string) => StoredDevice,
): DeviceMemory {
  const devices = createDeviceMap<StoredDevice>();
  // Changes with every row that this connection writes, and with every commit of another connection.
  const version = database
    .prepare<[], string>("SELECT total_changes() || ' ' || data_version FROM pragma_data_version")
    .pluck();
  let validVersion: string | undefined;
  return {
    device(integrationId, deviceId) {
      const known = devices.get(integrationId, deviceId);
      if (known) return known;
      const loaded = load(integrationId, deviceId);
      devices.set(integrationId, deviceId, loaded);
      return loaded;
    },
    begin() {
      if (validVersion === undefined || validVersion !== version.get() || devices.size > MAX_DEVICES) {
        devices.clear();
      }
      // Invalid until the commit: a rollback would leave changes in the cache that are not in the database.
      validVersion = undefined;
    },
    keep() {
      validVersion = version.get();
    },
  };
}
