import { applyEntries } from "../../domain/apply-inventory.ts";
import type { ChangeDraft } from "../../domain/change.ts";
import type { DeviceState } from "../../domain/device.ts";
import type { Lookup } from "../../domain/device-tracker.ts";
import { addCounts, isListed, type SyncCounts } from "../../domain/inventory.ts";
import {
  DEVICE_COLUMNS,
  KEY_COLUMNS,
  type Listing,
  type ListingRow,
  parseStaged,
  type StagedRow,
  toDeviceValues,
  toListing,
} from "../rows.ts";
import type { Database } from "./connection.ts";
import { lockIntegrations, lookUpDevices, saveDevices } from "./device-table.ts";
import { unnest } from "./query.ts";
import type { Client } from "./transaction.ts";

/** @returns the listings of these integrations that take several steps; most of the time, none */
export async function findListings(
  client: Client,
  integrationIds: readonly string[],
): Promise<readonly Listing[]> {
  const rows = await client.rows<ListingRow>(
    `SELECT integration_id AS "integrationId", sync_id AS "syncId", policy, applied_at AS at, state, reached,
       counts
     FROM ingest.listing WHERE integration_id = ANY($1::text[])`,
    [integrationIds],
    "find_listings",
  );
  return rows.map(toListing);
}

const NOT_KEY = DEVICE_COLUMNS.filter((column) => !(KEY_COLUMNS as readonly string[]).includes(column));
const UPSERT_NEXT = `
  INSERT INTO ingest.next_device (${DEVICE_COLUMNS.join(", ")})
  SELECT * FROM ${unnest(...DEVICE_COLUMNS.map(() => "text"))}
  ON CONFLICT (${KEY_COLUMNS.join(", ")}) DO UPDATE SET
    ${NOT_KEY.map((column) => `${column} = excluded.${column}`).join(", ")}`;

function upsertNext(client: Client, states: readonly DeviceState[]): Promise<unknown> {
  const rows = states.map((state) => toDeviceValues(state, DEVICE_COLUMNS));
  const columns = DEVICE_COLUMNS.map((_, index) => rows.map((row) => row[index]));
  return client.rows(UPSERT_NEXT, columns, "upsert_next_devices");
}

const deleteNext = (client: Client, integrationId: string, deviceIds: readonly string[]): Promise<unknown> =>
  client.rows(
    "DELETE FROM ingest.next_device WHERE integration_id = $1 AND device_id = ANY($2::text[])",
    [integrationId, deviceIds],
    "delete_next_devices",
  );

/** Computes the next states of staged devices. Readers do not see them, and the feed does not mention them. */
export async function prepare(
  client: Client,
  { integrationId, policy, at }: Listing,
  rows: readonly StagedRow[],
  lookup: Lookup,
): Promise<void> {
  const states = applyEntries(integrationId, parseStaged(rows), policy, lookup, at).devices.map(
    ({ state }) => state,
  );
  const changed = new Set(states.map(({ deviceId }) => deviceId));
  // An earlier preparation may have stored a next state for a device that an event has since brought up to date.
  const unchanged = rows.flatMap(({ deviceId }) => (changed.has(deviceId) ? [] : [deviceId]));
  await Promise.all([
    states.length > 0 && upsertNext(client, states),
    unchanged.length > 0 && deleteNext(client, integrationId, unchanged),
  ]);
}

/** What moving a part of a listing changed. */
interface Moved {
  /** For the feed; the caller must append them. */
  readonly changes: readonly ChangeDraft[];
  readonly counts: SyncCounts;
}

/** Moves staged devices to their next states, so that they are no longer staged. */
export async function move(
  client: Client,
  { integrationId, syncId, policy, at }: Omit<Listing, "state" | "reached" | "counts">,
  rows: readonly StagedRow[],
): Promise<Moved> {
  const entries = parseStaged(rows);
  const deviceIds = rows.map(({ deviceId }) => deviceId);
  const keys = entries.map((entry, index) => ({
    integrationId,
    deviceId: deviceIds[index] ?? "",
    mayBeNew: isListed(entry),
  }));
  const lookup = await lookUpDevices(client, [integrationId], keys);
  const { changes, devices, counts } = applyEntries(integrationId, entries, policy, lookup, at);
  await Promise.all([
    saveDevices(client, devices),
    deleteNext(client, integrationId, deviceIds),
    client.rows(
      "DELETE FROM ingest.staged_device WHERE integration_id = $1 AND sync_id = $2 AND device_id = ANY($3::text[])",
      [integrationId, syncId, deviceIds],
      "delete_staged_devices",
    ),
  ]);
  return { changes, counts };
}

/** Records how far a listing's steps have come. @returns the listing afterwards */
export async function saveProgress(
  client: Client,
  listing: Listing,
  progress: Partial<Pick<Listing, "state" | "reached" | "counts">>,
): Promise<Listing> {
  const { integrationId, state, reached, counts } = { ...listing, ...progress };
  await client.rows(
    "UPDATE ingest.listing SET state = $2, reached = $3, counts = $4 WHERE integration_id = $1",
    [integrationId, state, reached, JSON.stringify(counts)],
  );
  return { ...listing, ...progress };
}

/** Prepares devices again that an event has changed since they were prepared. */
export async function prepareAgain(
  client: Client,
  listing: Listing,
  states: readonly DeviceState[],
  places: Pick<Lookup, "place" | "mapping">,
): Promise<void> {
  const known = new Map(states.map((state) => [state.deviceId, state]));
  const rows = await client.rows<StagedRow>(
    `SELECT device_id AS "deviceId", staged FROM ingest.staged_device
     WHERE integration_id = $1 AND sync_id = $2 AND device_id = ANY($3::text[]) AND device_id <= $4`,
    [listing.integrationId, listing.syncId, [...known.keys()], listing.reached],
    "prepared_devices",
  );
  const device: Lookup["device"] = (_, deviceId) => known.get(deviceId) ?? null;
  if (rows.length > 0) await prepare(client, listing, rows, { ...places, device });
}

/**
 * Moves devices before an event changes them, so that the feed shows the listing before the event. The caller
 * must have locked the integration.
 *
 * @returns the changes, which the caller must append to the feed
 */
export async function moveFirst(
  client: Client,
  listing: Listing,
  deviceIds: readonly string[],
): Promise<readonly ChangeDraft[]> {
  const rows = await client.rows<StagedRow>(
    `SELECT device_id AS "deviceId", staged FROM ingest.staged_device
     WHERE integration_id = $1 AND sync_id = $2 AND device_id = ANY($3::text[]) ORDER BY device_id`,
    [listing.integrationId, listing.syncId, deviceIds],
    "staged_devices",
  );
  if (rows.length === 0) return [];
  const { changes, counts } = await move(client, listing, rows);
  await saveProgress(client, listing, { counts: addCounts(listing.counts, counts) });
  return changes;
}

/** Runs one step of a published listing. @returns whether nothing is left to do */
export type CompletePart = (integrationId: string) => Promise<boolean>;

/**
 * Locks an integration and runs a transaction that changes its stored devices, bindings or mapping, but not because
 * of an event. Completes a published listing first. If a listing is being prepared, its preparation starts again.
 */
export async function changeBetweenListings<Result>(
  database: Database,
  complete: CompletePart,
  integrationId: string,
  work: (client: Client) => Promise<Result>,
): Promise<Result> {
  for (;;) {
    const done = await database.transaction(async (client) => {
      await lockIntegrations(client, [integrationId]);
      const [listing] = await findListings(client, [integrationId]);
      if (listing?.state === "published") return null;
      if (listing) await saveProgress(client, listing, { reached: "" });
      return { result: await work(client) };
    });
    if (done) return done.result;
    while (!(await complete(integrationId)));
  }
}
