import type { DeviceRecord } from "./device.ts";
import type { Observation } from "./observation.ts";

/** A listed device that differs from the stored one. */
export interface StagedDevice {
  readonly record: DeviceRecord;
  readonly observation: Observation | null;
}

/** A device that is missing from a complete listing, or that a tombstone names. */
export interface GoneDevice {
  readonly deviceId: string;
  /** The time as of which the device is gone, sortable as text. */
  readonly goneAt: string;
}

/** What a sync stages about one device: its record, or that it is gone. */
export type StagedEntry = StagedDevice | GoneDevice;

export const isListed = (entry: StagedEntry): entry is StagedDevice => "record" in entry;

export const idOfEntry = (entry: StagedEntry): string =>
  isListed(entry) ? entry.record.device.device_id : entry.deviceId;

/** What a sync does with devices that are gone. */
export type RemovalPolicy =
  | "remove"
  /** Too many devices are gone at once: keep each until a person decides or the device is listed again. */
  | "hold";

/** Counts what a sync changed. */
export interface SyncCounts {
  readonly added: number;
  readonly updated: number;
  /** Devices that moved to another site; they also count as updated. */
  readonly moved: number;
  readonly removed: number;
  readonly held: number;
  /**
   * Statuses in the listing that differed from those in the events: how far events and listings had drifted
   * apart.
   */
  readonly corrected: number;
}

export const ZERO_COUNTS: SyncCounts = {
  added: 0,
  updated: 0,
  moved: 0,
  removed: 0,
  held: 0,
  corrected: 0,
};

export const addCounts = (a: SyncCounts, b: SyncCounts): SyncCounts => ({
  added: a.added + b.added,
  updated: a.updated + b.updated,
  moved: a.moved + b.moved,
  removed: a.removed + b.removed,
  held: a.held + b.held,
  corrected: a.corrected + b.corrected,
});
