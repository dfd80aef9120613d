import type { Database } from "better-sqlite3";
import { createDeviceMap, type DeviceState } from "../../domain/device.ts";

/** A device as this cache stores it. */
export interface StoredDevice {
  state: DeviceState | null;
  /**
   * Position of the device's latest status change, which is the head of the device's history; `null` if the device has no status change.
   */
  lastStatusChange: number | null;
}

/** Caches devices across transactions, for as long as nothing else writes to the database. */
export interface DeviceMemory {
  /**
   * Returns the cached device, or loads it. If the caller changes the device, it must write every change to
   * the database.
   */
  device(integrationId: string, deviceId: string): StoredDevice;
  /**
   * Clears the cache if anything was written to the database since the last call of {@link keep}. Call it at the start
   * of a transaction.
   */
  begin(): void;
  /** Keeps the cache for the next transaction. Call it after the commit. */
  keep(): void;
}

/** The maximum number of cached devices. They take about 20 MB. */
const MAX_DEVICES = 20_000;

/** @param load reads a device from the database */
export function createDeviceMemory(
  database: Database,
  load: (integrationId: string, deviceId: string) => StoredDevice,
): DeviceMemory {
  const devices = createDeviceMap<StoredDevice>();
  // The version changes with every row that this connection writes, and with every commit of another
  // connection.
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
      // The cache is invalid until the commit: after a rollback, it would contain changes that the database
      // does not have.
      validVersion = undefined;
    },
    keep() {
      validVersion = version.get();
    },
  };
}
