import type { Site } from "@convergint/schemas";
import type { RemovalPolicy, StagedEntry, SyncCounts } from "../domain/inventory.ts";

/** A sync in progress: what it lists is staged page by page, then applied in steps. */
export interface Staging {
  readonly syncId: string;
  readonly integrationId: string;
}

/** The lease under which a sync runs. */
export interface SyncLease {
  readonly name: string;
  readonly owner: string;
}

/**
 * How many devices one step of a sync may have. The number is small, because a commit of events may have to
 * wait for the step.
 */
export const DEVICES_PER_STEP = 200;

/** A removal that a person must confirm or reject. */
export interface HeldRemoval {
  readonly integrationId: string;
  readonly deviceId: string;
  readonly heldSince: string;
}

/**
 * Stores inventories. A large listing is applied in steps, each of which is one transaction, with commits of
 * events in between.
 *
 * - First, steps compute the next states of the listed devices. No reader sees these states. An event that
 *   arrives changes the stored state, and the next state is computed again.
 * - Then one step publishes the listing: from now on, every reader of devices sees all of it.
 * - Then steps move the devices to their next states and append the changes to the feed, in the order of the
 *   devices' ids. If an event arrives for a device that is still to be moved, the device is moved first. So
 *   the feed never shows what readers of devices cannot see yet, and shows a device's changes in order.
 *
 * A listing that is not published is dropped by {@link tidy}; a published one is completed.
 */
export interface InventoryStore {
  /**
   * Stages what a listing says about devices. Entries have no effect until {@link apply}. A later entry of a
   * device replaces an earlier one.
   */
  stage(staging: Staging, entries: readonly StagedEntry[]): Promise<void>;
  /** Stages sites. They are published together with the devices. */
  stageSites(staging: Staging, sites: readonly Site[]): Promise<void>;
  /**
   * Runs one step of applying what is staged. Older records and observations do not replace newer ones. The
   * removal of a staged device is no longer on hold. Every difference goes into the feed.
   *
   * @param policy the same in every step, as is `at`
   * @param lease the sync's lease; nothing is done if another process holds it
   * @param at when the listing is applied
   * @param limit how many devices the step may have; a listing with no more takes a single step
   * @returns what the listing changed; `null` if steps remain
   * @throws {StoreError} `lease_lost`
   */
  apply(
    staging: Staging,
    policy: RemovalPolicy,
    lease: SyncLease,
    at: string,
    limit?: number,
  ): Promise<SyncCounts | null>;
  /**
   * Runs one step of clearing what earlier syncs have left: completes a published listing, and drops
   * everything else. Nothing may be staged before this is done.
   *
   * @returns whether nothing is left
   * @throws {StoreError} `lease_lost`
   */
  tidy(integrationId: string, lease: SyncLease, limit?: number): Promise<boolean>;
  heldRemovals(integrationId: string, limit: number): Promise<readonly HeldRemoval[]>;
  /** Removes all devices on hold, or keeps them until the next listing that does not contain them. */
  decideHeld(
    integrationId: string,
    decision: "remove" | "keep",
    at: string,
  ): Promise<{ readonly devices: number }>;
}
