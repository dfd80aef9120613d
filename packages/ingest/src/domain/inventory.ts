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
  /** As of when the device is gone, sortable as text. */
  readonly goneAt: string;
}

/** What a sync does with gone devices. */
export type RemovalPolicy =
  | "remove"
  /** Too many are gone at once: keep them until a person decides or they are listed again. */
  | "hold";

/** Counts what a sync changed. */
export interface SyncCounts {
  readonly added: number;
  readonly updated: number;
  /** Devices on another site; they also count as updated. */
  readonly moved: number;
  readonly removed: number;
  readonly held: number;
  /** Statuses that differed from what the events had said: how far the two had drifted apart. */
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
