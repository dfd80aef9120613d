import type { Site } from "@convergint/schemas";
import type { GoneDevice, RemovalPolicy, StagedDevice, SyncCounts } from "../domain/inventory.ts";

/** A sync in progress: its changes are staged page by page, then applied in one transaction. */
export interface Staging {
  readonly syncId: string;
  readonly integrationId: string;
}

/** A removal that a person must confirm or reject. */
export interface HeldRemoval {
  readonly integrationId: string;
  readonly deviceId: string;
  readonly heldSince: string;
}

export interface InventoryStore {
  /** Stages devices that are new or differ from the stored ones. They have no effect until {@link apply}. */
  stage(staging: Staging, devices: readonly StagedDevice[]): Promise<void>;
  /** Stages devices that are missing from a complete listing, or that a tombstone names. */
  stageGone(staging: Staging, gone: readonly GoneDevice[]): Promise<void>;
  /**
   * Applies staged devices and sites in one transaction, and clears the staging. Older records and
   * observations do not replace newer ones. The removal of a staged device is no longer on hold. Every
   * difference goes into the feed.
   *
   * @param sites all sites of the integration; `null` if they were not listed
   * @param lease the sync's lease; nothing is applied if another process holds it
   * @throws {StoreError} `lease_lost`
   */
  apply(
    staging: Staging,
    sites: readonly Site[] | null,
    policy: RemovalPolicy,
    lease: { readonly name: string; readonly owner: string },
    at: string,
  ): Promise<SyncCounts>;
  /** Clears the staging of a listing that was not read completely. */
  discard(staging: Staging): Promise<void>;
  heldRemovals(integrationId: string, limit: number): Promise<readonly HeldRemoval[]>;
  /** Removes all devices on hold, or keeps them until the next listing that does not contain them. */
  decideHeld(
    integrationId: string,
    decision: "remove" | "keep",
    at: string,
  ): Promise<{ readonly devices: number }>;
}
