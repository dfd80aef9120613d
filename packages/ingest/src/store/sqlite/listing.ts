import type { Database } from "better-sqlite3";
import { applyEntries } from "../../domain/apply-inventory.ts";
import type { Lookup } from "../../domain/device-tracker.ts";
import { toFeedItems } from "../../domain/feed.ts";
import { addCounts, type SyncCounts } from "../../domain/inventory.ts";
import {
  DEVICE_COLUMNS,
  type Listing,
  type ListingRow,
  parseStaged,
  type StagedRow,
  toDeviceValues,
  toListing,
} from "../rows.ts";
import type { DeviceTransaction } from "./device-table.ts";

/** The result if a published listing must be completed first. Nothing was changed. */
export const INCOMPLETE = "incomplete";

/** Handles the part of a listing that an event may concern, in the transaction that commits the event. */
type Touch = (listing: Listing, deviceIds: Iterable<string>, devices: DeviceTransaction) => void;

type StagedListing = Omit<Listing, "state" | "reached" | "counts">;

/** How a listing is applied. Every function runs in the caller's transaction. */
export interface Listings {
  /** @returns the listings of all integrations that take several steps; most of the time, none */
  all(): readonly Listing[];
  /**
   * Computes the next states of staged devices. Readers do not see them, and the feed does not mention them.
   */
  prepare(listing: Listing, rows: readonly StagedRow[], lookup: Lookup): void;
  /** Moves staged devices to their next states: with their changes in the feed, and no longer staged. */
  move(listing: StagedListing, rows: readonly StagedRow[], devices: DeviceTransaction): SyncCounts;
  /** Prepares devices again that an event has changed since they were prepared. */
  prepareAgain: Touch;
  /** Moves devices before an event changes them, so that the feed shows the listing before the event. */
  moveFirst: Touch;
  /**
   * Call this before stored devices, bindings or a mapping change, except for a change by an event. If the
   * integration's listing is being prepared, its preparation starts again.
   *
   * @returns `false` if the listing is published; it must then be completed first
   */
  allowChange(integrationId: string): boolean;
}

export function openListings(database: Database): Listings {
  const all = database.prepare<[], ListingRow>(`
    SELECT integration_id AS integrationId, sync_id AS syncId, policy, applied_at AS at, state,
      reached, counts FROM listing`);
  const selectStaged = database.prepare<[string, string, string], StagedRow>(`
    SELECT device_id AS deviceId, staged FROM staged_device
    WHERE integration_id = ? AND sync_id = ? AND device_id = ?`);
  const selectPrepared = database.prepare<[string, string, string, string], StagedRow>(`
    SELECT device_id AS deviceId, staged FROM staged_device
    WHERE integration_id = ? AND sync_id = ? AND device_id = ? AND device_id <= ?`);
  const deleteStaged = database.prepare(
    "DELETE FROM staged_device WHERE integration_id = ? AND sync_id = ? AND device_id = ?",
  );
  const upsertNext = database.prepare(
    `INSERT OR REPLACE INTO next_device (${DEVICE_COLUMNS.join(", ")})
     VALUES (${DEVICE_COLUMNS.map(() => "?").join(", ")})`,
  );
  const deleteNext = database.prepare("DELETE FROM next_device WHERE integration_id = ? AND device_id = ?");
  const setCounts = database.prepare("UPDATE listing SET counts = ? WHERE integration_id = ?");

  const restart = database.prepare("UPDATE listing SET reached = '' WHERE integration_id = ?");

  const prepare: Listings["prepare"] = ({ integrationId, policy, at }, rows, lookup) => {
    const effects = applyEntries(integrationId, parseStaged(rows), policy, lookup, at);
    const changed = new Set(effects.devices.map(({ state }) => state.deviceId));
    for (const { state } of effects.devices) upsertNext.run(...toDeviceValues(state, DEVICE_COLUMNS));
    // An earlier preparation may have stored a next state for a device that an event has since brought up to date.
    for (const { deviceId } of rows) if (!changed.has(deviceId)) deleteNext.run(integrationId, deviceId);
  };

  const move: Listings["move"] = ({ integrationId, syncId, policy, at }, rows, devices) => {
    const effects = applyEntries(integrationId, parseStaged(rows), policy, devices, at);
    devices.save(effects.devices, toFeedItems(effects.changes));
    for (const { deviceId } of rows) {
      deleteStaged.run(integrationId, syncId, deviceId);
      deleteNext.run(integrationId, deviceId);
    }
    return effects.counts;
  };

  return {
    all: () => all.all().map(toListing),
    prepare,
    move,
    prepareAgain(listing, deviceIds, devices) {
      const { integrationId, syncId, reached } = listing;
      const rows = [...deviceIds].flatMap((id) => selectPrepared.all(integrationId, syncId, id, reached));
      if (rows.length > 0) prepare(listing, rows, devices);
    },
    moveFirst(listing, deviceIds, devices) {
      const { integrationId, syncId } = listing;
      const rows = [...deviceIds].toSorted().flatMap((id) => selectStaged.all(integrationId, syncId, id));
      if (rows.length === 0) return;
      const moved = move(listing, rows, devices);
      setCounts.run(JSON.stringify(addCounts(listing.counts, moved)), integrationId);
    },
    allowChange(integrationId) {
      const listing = all.all().find((each) => each.integrationId === integrationId);
      if (listing?.state === "published") return false;
      restart.run(integrationId);
      return true;
    },
  };
}
