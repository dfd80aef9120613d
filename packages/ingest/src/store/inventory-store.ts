import type { Site } from "@convergint/schemas";
import type { Observation } from "../status/observation.ts";
import type { DeviceRecord } from "./device-store.ts";

/** A sync that is being read: staged as it is read, applied as one. */
export interface Staging {
  readonly syncId: string;
  readonly integrationId: string;
}

/** A device of a snapshot that differs from what is stored. */
export interface StagedDevice {
  readonly record: DeviceRecord;
  readonly observation: Observation | null;
}

/** A device that is not there any more. */
export interface GoneDevice {
  readonly deviceId: string;
  /** When it was found gone, sortable as text. */
  readonly goneAt: string;
}

/** What a sync makes of the devices that a complete listing lacks. */
export type Vanished =
  /** They are removed. */
  | "remove"
  /** They are too many at once: kept, and listed until a person has decided or they are back. */
  | "hold";

/** What a sync changed. */
export interface Applied {
  readonly added: number;
  readonly updated: number;
  /** To another site; counted among the updated too. */
  readonly moved: number;
  readonly removed: number;
  readonly held: number;
  /** Statuses that were not what the events had told: how far the two had drifted apart. */
  readonly corrected: number;
}

export interface HeldRemoval {
  readonly integrationId: string;
  readonly deviceId: string;
  readonly heldSince: string;
}

export interface InventoryStore {
  /** Stages devices that were added or differ. Nobody sees them before {@link apply}. */
  stage(staging: Staging, devices: readonly StagedDevice[]): Promise<void>;
  /** Stages devices that are gone: missing in a complete listing, or named by a tombstone. */
  stageGone(staging: Staging, gone: readonly GoneDevice[]): Promise<void>;
  /**
   * Applies what was staged, and the sites, as one, and forgets the staging. A record older than the stored one does
   * not replace it; a status is raised only by a later observation. A device that is staged is held no more. Every
   * difference is among the changes.
   *
   * @param sites every site of the integration; `null` where they were not listed
   * @param vanished what becomes of the devices that are gone
   * @param lease the lease of the sync: where another process has it by now, nothing is applied
   * @throws {StoreError} `lease_lost`
   */
  apply(
    staging: Staging,
    sites: readonly Site[] | null,
    vanished: Vanished,
    lease: { readonly name: string; readonly owner: string },
    at: string,
  ): Promise<Applied>;
  /** Forgets what was staged: the listing could not be read to its end. */
  discard(staging: Staging): Promise<void>;
  heldRemovals(integrationId: string, limit: number): Promise<readonly HeldRemoval[]>;
  /** What a person decided of the held ones: `remove` them, or `keep` them, until the next listing without them. */
  decideHeld(
    integrationId: string,
    decision: "remove" | "keep",
    at: string,
  ): Promise<{ readonly devices: number }>;
}
