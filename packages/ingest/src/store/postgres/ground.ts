import { findPlace } from "../../domain/binding.ts";
import type { DeviceState } from "../../domain/device.ts";
import type { ChangedDevice, Lookup } from "../../domain/device-tracker.ts";
import type { Mapping } from "../../domain/mapping.ts";
import { NO_MAPPING } from "../../domain/mapping.ts";
import { type BindingRow, toBinding } from "../binding-row.ts";
import {
  DEVICE_COLUMNS,
  type DeviceRow,
  deviceValues,
  OBSERVATION_COLUMNS,
  observationValues,
  stateOf,
} from "../device-row.ts";
import type { Client } from "./connection.ts";
import { INTEGRATION_LOCK } from "./locks.ts";
import { columnsOf, unnest } from "./unnest.ts";

/** Names a device. */
export interface DeviceKey {
  readonly integrationId: string;
  readonly deviceId: string;
  /** Whether it is brought into being where it is not there. */
  readonly mayBeNew: boolean;
}

const keyOf = (integrationId: string, deviceId: string): string => `${integrationId}\n${deviceId}`;
const COLUMNS = DEVICE_COLUMNS.join(", ");

/** Keeps everybody from changing bindings and mappings of integrations until the transaction ends. */
export async function holdIntegrations(client: Client, integrationIds: readonly string[]): Promise<void> {
  await client.rows(
    `SELECT set_config('enable_seqscan', 'off', true), pg_advisory_xact_lock_shared(${INTEGRATION_LOCK}, lock)
     FROM (SELECT DISTINCT hashtext(id) AS lock FROM unnest($1::text[]) AS id ORDER BY 1) AS locks`,
    [integrationIds],
    "hold_integrations",
  );
}

/** Keeps everybody from going by an integration's bindings and mapping until the transaction ends. */
export async function lockIntegration(client: Client, integrationId: string): Promise<void> {
  await client.rows(`SELECT pg_advisory_xact_lock(${INTEGRATION_LOCK}, hashtext($1))`, [integrationId]);
}

interface WordsRow {
  readonly bindings: readonly BindingRow[];
  readonly mappings: readonly { readonly integration_id: string; readonly mapping: string }[];
}

/** Whose the places of integrations are, and what their words mean. */
export async function placesAndWords(
  client: Client,
  integrationIds: readonly string[],
): Promise<Pick<Lookup, "place" | "mapping">> {
  const [row] = await client.rows<WordsRow>(
    `SELECT
       (SELECT coalesce(json_agg(b), '[]') FROM ingest.binding b WHERE integration_id = ANY($1::text[])) AS bindings,
       (SELECT coalesce(json_agg(m), '[]') FROM ingest.mapping m WHERE integration_id = ANY($1::text[])) AS mappings`,
    [integrationIds],
    "places_and_words",
  );
  const bindings = Map.groupBy((row?.bindings ?? []).map(toBinding), ({ integrationId }) => integrationId);
  const mappings = new Map(
    (row?.mappings ?? []).map((each) => [each.integration_id, JSON.parse(each.mapping) as Mapping]),
  );
  return {
    place: (integrationId, orgId, siteId) => findPlace(bindings.get(integrationId) ?? [], orgId, siteId),
    mapping: (integrationId) => mappings.get(integrationId) ?? NO_MAPPING,
  };
}

const keyColumns = (keys: readonly DeviceKey[]): unknown[][] =>
  columnsOf(
    keys,
    ({ integrationId }) => integrationId,
    ({ deviceId }) => deviceId,
    ({ mayBeNew }) => mayBeNew,
  );

const GIVEN = `${unnest("text", "text", "boolean")} AS given (integration_id, device_id, may_be_new)`;
/** The rows of given devices, found one by one by their keys, whatever a planner thinks of a table that has just been filled. */
const theirs = (columns: string, ending: string): string => `LATERAL (
  SELECT ${columns} FROM ingest.device d
  WHERE d.integration_id = given.integration_id AND d.device_id = given.device_id ${ending}) AS d`;

/** Devices that are locked until the transaction ends, by their keys. */
export type LockedDevices = ReadonlyMap<string, DeviceState>;

const locked = (rows: readonly DeviceRow[]): LockedDevices =>
  new Map(rows.map(stateOf).map((state) => [keyOf(state.integrationId, state.deviceId), state]));

/**
 * Locks devices in the order of their keys, unless one of them must be brought into being first: then it locks none. Everybody
 * locks all that he needs in one go and in one order, so nobody waits for one who waits for him.
 *
 * @returns `null` where none is locked
 */
export async function lockDevices(client: Client, keys: readonly DeviceKey[]): Promise<LockedDevices | null> {
  if (keys.length === 0) return new Map();
  const rows = await client.rows<DeviceRow>(
    `SELECT d.* FROM (
       SELECT DISTINCT integration_id COLLATE "C" AS integration_id, device_id COLLATE "C" AS device_id
       FROM ${GIVEN}
       WHERE (SELECT count(*) FROM ${GIVEN}, ${theirs("1", "OFFSET 0")} WHERE may_be_new) = $4::bigint
       ORDER BY 1, 2
     ) AS given, ${theirs(COLUMNS, "FOR UPDATE")}`,
    [...keyColumns(keys), keys.filter(({ mayBeNew }) => mayBeNew).length],
    "lock_devices",
  );
  const there = locked(rows);
  return keys.every((key) => !key.mayBeNew || there.has(keyOf(key.integrationId, key.deviceId)))
    ? there
    : null;
}

/**
 * Locks devices in the order of their keys, and brings into being on the way those that are not there. To those that are
 * it writes nothing new, which is how an insertion locks.
 *
 * @returns all of them; those that were brought into being must be saved
 */
export async function makeDevices(client: Client, keys: readonly DeviceKey[]): Promise<LockedDevices> {
  const rows = await client.rows<DeviceRow & { readonly made: boolean }>(
    `INSERT INTO ingest.device AS d (integration_id, device_id, org_id, site_id, lifecycle, recorded_at, first_seen_at)
     SELECT DISTINCT integration_id COLLATE "C", device_id COLLATE "C", '', '', 'active', '', ''
     FROM ${GIVEN} WHERE may_be_new OR EXISTS (SELECT FROM ${theirs("1", "OFFSET 0")}) ORDER BY 1, 2
     ON CONFLICT (integration_id, device_id) DO UPDATE SET lifecycle = d.lifecycle
     RETURNING ${COLUMNS}, first_seen_at = '' AS made`,
    keyColumns(keys),
    "make_devices",
  );
  return locked(rows.filter(({ made }) => !made));
}

/** Locked devices, and the places and words that go with them, as what a change of devices stands on. */
export const groundFrom = (states: LockedDevices, words: Pick<Lookup, "place" | "mapping">): Lookup => ({
  ...words,
  device: (integrationId, deviceId) => states.get(keyOf(integrationId, deviceId)) ?? null,
});

/**
 * Looks up what a change of devices stands on, and keeps others from changing it until the transaction ends.
 *
 * @param keys of the devices; those that were brought into being must be saved
 */
export async function groundOf(
  client: Client,
  integrationIds: readonly string[],
  keys: readonly DeviceKey[],
): Promise<Lookup> {
  const [there, words] = await Promise.all([
    lockDevices(client, keys),
    placesAndWords(client, integrationIds),
  ]);
  return groundFrom(there ?? (await makeDevices(client, keys)), words);
}

/** Sets columns of devices to what is given, a row of texts for each; the first two are the key. */
const setColumns = (columns: readonly string[]): string =>
  `UPDATE ingest.device SET ${columns
    .slice(2)
    .map((column) => `${column} = given.${column}`)
    .join(", ")}
   FROM (
     SELECT given.*, d.at FROM ${unnest(...columns.map(() => "text"))} AS given (${columns.join(", ")}),
       ${theirs("ctid AS at", "OFFSET 0")}
   ) AS given
   WHERE device.ctid = given.at`;

const SAVE = setColumns(DEVICE_COLUMNS);
const OBSERVED_COLUMNS = ["integration_id", "device_id", ...OBSERVATION_COLUMNS];
const OBSERVE = setColumns(OBSERVED_COLUMNS);

const turned = (rows: readonly (readonly unknown[])[], columns: readonly string[]): unknown[][] =>
  columns.map((_, index) => rows.map((row) => row[index]));

const observedColumns = (states: readonly DeviceState[]): unknown[][] =>
  turned(
    states.map(({ integrationId, deviceId, observation }) => [
      integrationId,
      deviceId,
      ...observationValues(observation),
    ]),
    OBSERVED_COLUMNS,
  );

/** Writes devices as they are now. They are locked. Every statement is sent at once. */
export async function saveDevices(client: Client, changed: readonly ChangedDevice[]): Promise<void> {
  const devices = changed.filter(({ onlyObserved }) => !onlyObserved).map(({ state }) => state);
  const observed = changed.filter(({ onlyObserved }) => onlyObserved).map(({ state }) => state);
  const told = devices.filter(({ facts }) => typeof facts?.record === "string");
  await Promise.all([
    observed.length > 0 && client.rows(OBSERVE, observedColumns(observed), "observe_devices"),
    devices.length > 0 &&
      client.rows(SAVE, turned(devices.map(deviceValues), DEVICE_COLUMNS), "save_devices"),
    told.length > 0 &&
      client.rows(
        `INSERT INTO ingest.device_record (integration_id, device_id, record)
         SELECT * FROM ${unnest("text", "text", "text")}
         ON CONFLICT (integration_id, device_id) DO UPDATE SET record = excluded.record`,
        columnsOf(
          told,
          (state) => state.integrationId,
          (state) => state.deviceId,
          (state) => state.facts?.record,
        ),
      ),
  ]);
}
