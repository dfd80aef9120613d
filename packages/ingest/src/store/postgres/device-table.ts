import { findPlace } from "../../domain/binding.ts";
import type { DeviceState } from "../../domain/device.ts";
import type { ChangedDevice, Lookup } from "../../domain/device-tracker.ts";
import { type Mapping, NO_MAPPING } from "../../domain/mapping.ts";
import {
  BINDING_COLUMNS,
  type BindingRow,
  DEVICE_COLUMNS,
  type DeviceColumn,
  type DeviceRow,
  KEY_COLUMNS,
  OBSERVATION_COLUMNS,
  toBinding,
  toDeviceState,
  toDeviceValues,
} from "../rows.ts";
import { INTEGRATION_LOCK } from "./connection.ts";
import { columnsOf, unnest } from "./query.ts";
import type { Client } from "./transaction.ts";

/** A device to lock. */
export interface DeviceKey {
  readonly integrationId: string;
  readonly deviceId: string;
  /** Whether to insert the device if it is unknown. */
  readonly mayBeNew: boolean;
}

const toKey = (integrationId: string, deviceId: string): string => `${integrationId}\n${deviceId}`;
const SELECTED = DEVICE_COLUMNS.join(", ");

/**
 * Prevents changes of integrations' bindings and mappings until the transaction ends.
 *
 * Also makes PostgreSQL use one plan for all parameters of a statement. All statements look up rows by key,
 * so one plan fits. Planning a statement for a few events takes as long as running it.
 */
export async function holdIntegrations(client: Client, integrationIds: readonly string[]): Promise<void> {
  await client.rows(
    `SELECT set_config('enable_seqscan', 'off', true), set_config('plan_cache_mode', 'force_generic_plan', true),
       pg_advisory_xact_lock_shared(${INTEGRATION_LOCK}, lock)
     FROM (SELECT DISTINCT hashtext(id) AS lock FROM unnest($1::text[]) AS id ORDER BY 1) AS locks`,
    [integrationIds],
    "hold_integrations",
  );
}

/**
 * Waits for transactions that use the bindings and mappings of integrations to end, and blocks new ones until
 * this transaction ends.
 */
export async function lockIntegrations(client: Client, integrationIds: readonly string[]): Promise<void> {
  await client.rows(
    `SELECT pg_advisory_xact_lock(${INTEGRATION_LOCK}, lock)
     FROM (SELECT DISTINCT hashtext(id) AS lock FROM unnest($1::text[]) AS id ORDER BY 1) AS locks`,
    [integrationIds],
  );
}

interface SettingsRow {
  readonly bindings: readonly BindingRow[];
  readonly mappings: readonly { readonly integration_id: string; readonly mapping: string }[];
}

/** Reads the bindings and mappings of integrations, in one statement. */
export async function lookUpPlaces(
  client: Client,
  integrationIds: readonly string[],
): Promise<Pick<Lookup, "place" | "mapping">> {
  const [row] = await client.rows<SettingsRow>(
    `SELECT
       (SELECT coalesce(json_agg(b), '[]') FROM (
          SELECT ${BINDING_COLUMNS.join(", ")} FROM ingest.binding WHERE integration_id = ANY($1::text[])) AS b) AS bindings,
       (SELECT coalesce(json_agg(m), '[]') FROM (
          SELECT integration_id, mapping FROM ingest.mapping WHERE integration_id = ANY($1::text[])) AS m) AS mappings`,
    [integrationIds],
    "look_up_places",
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

const toKeyColumns = (keys: readonly DeviceKey[]): unknown[][] =>
  columnsOf(
    keys,
    ({ integrationId }) => integrationId,
    ({ deviceId }) => deviceId,
    ({ mayBeNew }) => mayBeNew,
  );

const GIVEN = `${unnest("text", "text", "boolean")} AS given (integration_id, device_id, may_be_new)`;
/**
 * Looks up each given device by its key. Without this form of the query, the planner could choose a scan for
 * a table without statistics.
 */
const joinGiven = (columns: string, ending: string): string => `LATERAL (
  SELECT ${columns} FROM ingest.device d
  WHERE d.integration_id = given.integration_id AND d.device_id = given.device_id ${ending}) AS d`;

/** Devices by key. {@link lockDevices} and {@link insertDevices} lock them until the transaction ends. */
export type LockedDevices = ReadonlyMap<string, DeviceState>;

const toLockedDevices = (rows: readonly DeviceRow[]): LockedDevices =>
  new Map(rows.map(toDeviceState).map((state) => [toKey(state.integrationId, state.deviceId), state]));

/**
 * Locks the devices if none of them must be inserted first; otherwise, locks none. Every transaction takes
 * all its locks in one statement, in key order, so two transactions cannot deadlock.
 *
 * @returns `null` if a device must be inserted first
 */
export async function lockDevices(client: Client, keys: readonly DeviceKey[]): Promise<LockedDevices | null> {
  if (keys.length === 0) return new Map();
  const rows = await client.rows<DeviceRow>(
    `SELECT ${DEVICE_COLUMNS.map((column) => `d.${column}`).join(", ")} FROM (
       SELECT DISTINCT integration_id COLLATE "C" AS integration_id, device_id COLLATE "C" AS device_id
       FROM ${GIVEN}
       WHERE (SELECT count(*) FROM ${GIVEN}, ${joinGiven("1", "OFFSET 0")} WHERE may_be_new) = $4::bigint
       ORDER BY 1, 2
     ) AS given, ${joinGiven(SELECTED, "FOR UPDATE")}`,
    [...toKeyColumns(keys), keys.filter(({ mayBeNew }) => mayBeNew).length],
    "lock_devices",
  );
  const locked = toLockedDevices(rows);
  return keys.every((key) => !key.mayBeNew || locked.has(toKey(key.integrationId, key.deviceId)))
    ? locked
    : null;
}

/**
 * Locks devices in key order, and inserts unknown ones. For a known device, the upsert only locks the row and
 * changes nothing.
 *
 * @returns the devices that were known; the caller must save those that were inserted
 */
export async function insertDevices(client: Client, keys: readonly DeviceKey[]): Promise<LockedDevices> {
  const rows = await client.rows<DeviceRow & { readonly inserted: boolean }>(
    `INSERT INTO ingest.device AS d (integration_id, device_id, org_id, site_id, lifecycle, recorded_at, first_seen_at)
     SELECT DISTINCT integration_id COLLATE "C", device_id COLLATE "C", '', '', 'active', '', ''
     FROM ${GIVEN} WHERE may_be_new OR EXISTS (SELECT FROM ${joinGiven("1", "OFFSET 0")}) ORDER BY 1, 2
     ON CONFLICT (integration_id, device_id) DO UPDATE SET lifecycle = d.lifecycle
     RETURNING ${SELECTED}, first_seen_at = '' AS inserted`,
    toKeyColumns(keys),
    "insert_devices",
  );
  return toLockedDevices(rows.filter(({ inserted }) => !inserted));
}

/** Reads devices without locking them. The caller must have locked the integration. */
export async function readDevices(
  client: Client,
  integrationId: string,
  deviceIds: readonly string[],
): Promise<LockedDevices> {
  const rows = await client.rows<DeviceRow>(
    `SELECT ${SELECTED} FROM ingest.device WHERE integration_id = $1 AND device_id = ANY($2::text[])`,
    [integrationId, deviceIds],
    "read_devices",
  );
  return toLockedDevices(rows);
}

/** Combines devices with their places and mappings. */
export const toLookup = (devices: LockedDevices, places: Pick<Lookup, "place" | "mapping">): Lookup => ({
  ...places,
  device: (integrationId, deviceId) => devices.get(toKey(integrationId, deviceId)) ?? null,
});

/**
 * Locks devices, and reads the bindings and mappings of their integrations.
 *
 * @param keys the devices; the caller must save those that were inserted
 */
export async function lookUpDevices(
  client: Client,
  integrationIds: readonly string[],
  keys: readonly DeviceKey[],
): Promise<Lookup> {
  const [locked, places] = await Promise.all([
    lockDevices(client, keys),
    lookUpPlaces(client, integrationIds),
  ]);
  return toLookup(locked ?? (await insertDevices(client, keys)), places);
}

/**
 * Writes an SQL statement that updates columns of given devices, with one parameter per key column and
 * updated column.
 */
const writeUpdate = (columns: readonly DeviceColumn[]): string =>
  `UPDATE ingest.device SET ${columns.map((column) => `${column} = given.${column}`).join(", ")}
   FROM (
     SELECT given.*, d.at
     FROM ${unnest(...[...KEY_COLUMNS, ...columns].map(() => "text"))} AS given (${[...KEY_COLUMNS, ...columns].join(", ")}),
       ${joinGiven("ctid AS at", "OFFSET 0")}
   ) AS given
   WHERE device.ctid = given.at`;

const IS_KEY: ReadonlySet<DeviceColumn> = new Set(KEY_COLUMNS);
const UPDATED_COLUMNS = DEVICE_COLUMNS.filter((column) => !IS_KEY.has(column));
const UPDATE = writeUpdate(UPDATED_COLUMNS);
const UPDATE_OBSERVATION = writeUpdate(OBSERVATION_COLUMNS);

/** Converts devices to the parameters of the statement from {@link writeUpdate}. */
function toParameters(states: readonly DeviceState[], columns: readonly DeviceColumn[]): unknown[][] {
  const all = [...KEY_COLUMNS, ...columns];
  const rows = states.map((state) => toDeviceValues(state, all));
  return all.map((_, index) => rows.map((row) => row[index]));
}

/** Updates locked devices. Sends all statements together, in one round trip. */
export async function saveDevices(client: Client, changed: readonly ChangedDevice[]): Promise<void> {
  const whole = changed.filter(({ onlyObserved }) => !onlyObserved).map(({ state }) => state);
  const observed = changed.filter(({ onlyObserved }) => onlyObserved).map(({ state }) => state);
  const withNewRecord = whole.filter(({ facts }) => typeof facts?.record === "string");
  await Promise.all([
    observed.length > 0 &&
      client.rows(UPDATE_OBSERVATION, toParameters(observed, OBSERVATION_COLUMNS), "update_observations"),
    whole.length > 0 && client.rows(UPDATE, toParameters(whole, UPDATED_COLUMNS), "update_devices"),
    withNewRecord.length > 0 &&
      client.rows(
        `INSERT INTO ingest.device_record (integration_id, device_id, record)
         SELECT i, d, r FROM ${unnest("text", "text", "text")} AS given (i, d, r)
         ON CONFLICT (integration_id, device_id) DO UPDATE SET record = excluded.record`,
        columnsOf(
          withNewRecord,
          (state) => state.integrationId,
          (state) => state.deviceId,
          (state) => state.facts?.record,
        ),
      ),
  ]);
}
