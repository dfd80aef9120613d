import type { DeviceState } from "../../device/device-state.ts";
import type { ChangedDevice, Ground } from "../../device/ground.ts";
import { placeOf } from "../../device/place.ts";
import { NO_MAPPING } from "../../mapping/mapping.ts";
import { type BindingRow, bindingOf } from "../binding-row.ts";
import {
  DEVICE_COLUMNS,
  type DeviceRow,
  deviceValues,
  OBSERVATION_COLUMNS,
  observationValues,
  stateOf,
} from "../device-row.ts";
import type { Mapping } from "../mapping-store.ts";
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
    `SELECT pg_advisory_xact_lock_shared(${INTEGRATION_LOCK}, lock)
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

async function placesAndWords(
  client: Client,
  integrationIds: readonly string[],
): Promise<Pick<Ground, "place" | "mapping">> {
  const [row] = await client.rows<WordsRow>(
    `SELECT
       (SELECT coalesce(json_agg(b), '[]') FROM ingest.binding b WHERE integration_id = ANY($1::text[])) AS bindings,
       (SELECT coalesce(json_agg(m), '[]') FROM ingest.mapping m WHERE integration_id = ANY($1::text[])) AS mappings`,
    [integrationIds],
    "places_and_words",
  );
  const bindings = Map.groupBy((row?.bindings ?? []).map(bindingOf), ({ integrationId }) => integrationId);
  const mappings = new Map(
    (row?.mappings ?? []).map((each) => [each.integration_id, JSON.parse(each.mapping) as Mapping]),
  );
  return {
    place: (integrationId, orgId, siteId) => placeOf(bindings.get(integrationId) ?? [], orgId, siteId),
    mapping: (integrationId) => mappings.get(integrationId) ?? NO_MAPPING,
  };
}

const keyColumns = (keys: readonly DeviceKey[]): unknown[][] =>
  columnsOf(
    keys,
    ({ integrationId }) => integrationId,
    ({ deviceId }) => deviceId,
  );

const stateKey = ({ integrationId, deviceId }: DeviceKey | DeviceState): string =>
  keyOf(integrationId, deviceId);

async function lockThere(client: Client, keys: readonly DeviceKey[]): Promise<readonly DeviceState[]> {
  if (keys.length === 0) return [];
  const rows = await client.rows<DeviceRow>(
    `SELECT ${COLUMNS} FROM ingest.device
     WHERE (integration_id, device_id) IN (SELECT * FROM ${unnest("text", "text")})
     ORDER BY integration_id, device_id FOR UPDATE`,
    keyColumns(keys),
    "lock_devices",
  );
  return rows.map(stateOf);
}

/**
 * Locks devices. Those that are not there are brought into being, so that they can be locked. Everybody locks first
 * those that are there and then those that are new, each in the order of their keys: so nobody waits for one who waits
 * for him.
 */
async function lockDevices(
  client: Client,
  keys: readonly DeviceKey[],
): Promise<ReadonlyMap<string, DeviceState>> {
  const there = new Map((await lockThere(client, keys)).map((state) => [stateKey(state), state]));
  const missing = keys.filter((key) => key.mayBeNew && !there.has(stateKey(key)));
  if (missing.length === 0) return there;
  const made = await client.rows<{ integration_id: string; device_id: string }>(
    `INSERT INTO ingest.device (integration_id, device_id, org_id, site_id, lifecycle, recorded_at, first_seen_at)
     SELECT DISTINCT integration_id COLLATE "C", device_id COLLATE "C", '', '', 'active', '', ''
     FROM ${unnest("text", "text")} AS given (integration_id, device_id) ORDER BY 1, 2
     ON CONFLICT DO NOTHING RETURNING integration_id, device_id`,
    keyColumns(missing),
    "make_devices",
  );
  const isMade = new Set(made.map((row) => keyOf(row.integration_id, row.device_id)));
  // Somebody else has brought these into being meanwhile, and has committed: they can be locked now.
  const others = missing.filter((key) => !isMade.has(stateKey(key)));
  for (const state of await lockThere(client, others)) there.set(stateKey(state), state);
  return there;
}

/**
 * Looks up what a change of devices stands on, and keeps others from changing it until the transaction ends.
 *
 * @param keys of the devices; those that were brought into being must be saved
 */
export async function groundOf(
  client: Client,
  integrationIds: readonly string[],
  keys: readonly DeviceKey[],
): Promise<Ground> {
  const [states, words] = [await lockDevices(client, keys), await placesAndWords(client, integrationIds)];
  return {
    ...words,
    device: (integrationId, deviceId) => states.get(keyOf(integrationId, deviceId)) ?? null,
  };
}

/** Sets columns of devices to what is given, a row of texts for each; the first two are the key. */
const setColumns = (columns: readonly string[]): string =>
  `UPDATE ingest.device AS d SET ${columns
    .slice(2)
    .map((column) => `${column} = s.${column}`)
    .join(", ")}
   FROM ${unnest(...columns.map(() => "text"))} AS s (${columns.join(", ")})
   WHERE d.integration_id = s.integration_id AND d.device_id = s.device_id`;

const SAVE = setColumns(DEVICE_COLUMNS);
const OBSERVED_COLUMNS = ["integration_id", "device_id", ...OBSERVATION_COLUMNS];
const OBSERVE = setColumns(OBSERVED_COLUMNS);

const turned = (rows: readonly (readonly unknown[])[], columns: readonly string[]): unknown[][] =>
  columns.map((_, index) => rows.map((row) => row[index]));

/** Writes devices as they are now. They are locked. */
export async function saveDevices(client: Client, changed: readonly ChangedDevice[]): Promise<void> {
  const devices = changed.filter(({ onlyObserved }) => !onlyObserved).map(({ state }) => state);
  const observed = changed.filter(({ onlyObserved }) => onlyObserved).map(({ state }) => state);
  if (observed.length > 0) {
    const rows = observed.map(({ integrationId, deviceId, observation }) => [
      integrationId,
      deviceId,
      ...observationValues(observation),
    ]);
    await client.rows(OBSERVE, turned(rows, OBSERVED_COLUMNS), "observe_devices");
  }
  if (devices.length > 0) {
    await client.rows(SAVE, turned(devices.map(deviceValues), DEVICE_COLUMNS), "save_devices");
  }
  const told = devices.filter(({ facts }) => typeof facts?.record === "string");
  if (told.length === 0) return;
  await client.rows(
    `INSERT INTO ingest.device_record (integration_id, device_id, record)
     SELECT * FROM ${unnest("text", "text", "text")}
     ON CONFLICT (integration_id, device_id) DO UPDATE SET record = excluded.record`,
    columnsOf(
      told,
      (state) => state.integrationId,
      (state) => state.deviceId,
      (state) => state.facts?.record,
    ),
  );
}
