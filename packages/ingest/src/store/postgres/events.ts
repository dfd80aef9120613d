import { applyEvents, deviceIdOf } from "../../domain/apply-events.ts";
import type { ChangeDraft } from "../../domain/change.ts";
import { type AcceptedEvent, type Committed, mergeOutcomes } from "../../domain/event.ts";
import { toFeedItems } from "../../domain/feed.ts";
import { toDay } from "../digest.ts";
import type { EventQuery, EventStore, StoredEvent } from "../event-store.ts";
import type { Listing } from "../rows.ts";
import { StoreError } from "../store.ts";
import type { Database } from "./connection.ts";
import {
  type DeviceKey,
  holdIntegrations,
  insertDevices,
  lockDevices,
  lockIntegrations,
  lookUpPlaces,
  saveDevices,
  toLookup,
} from "./device-table.ts";
import { writeFeed } from "./feed.ts";
import { findListings, moveFirst, prepareAgain } from "./listing.ts";
import { countWords } from "./mappings.ts";
import { columnsOf, unnest } from "./query.ts";
import type { Client, Transaction } from "./transaction.ts";

const distinct = (values: readonly string[]): readonly string[] => [...new Set(values)];

/**
 * Adds events to the ledger.
 *
 * @returns which events are new; if two have the same key, only the first is new
 */
async function claimEvents(client: Client, events: readonly AcceptedEvent[]): Promise<boolean[]> {
  const keys = events.map(({ integrationId, key }) => `${integrationId} ${key}`);
  const first = new Map<string, number>();
  for (const [index, key] of keys.entries()) if (!first.has(key)) first.set(key, index);
  const given = [...first].map(([key, index]) => ({ key, event: events[index] as AcceptedEvent }));
  const rows = await client.rows<{ integration_id: string | null; event_key: string }>(
    `WITH given AS (
       SELECT i.number, g.integration_id, g.event_key, g.day
       FROM ${unnest("text", "uuid", "integer")} AS g (integration_id, event_key, day)
       LEFT JOIN ingest.integration i USING (integration_id)
     ), inserted AS (
       -- In key order, so that two transactions with the same keys cannot deadlock.
       INSERT INTO ingest.ledger (integration, event_key, day)
       SELECT number, event_key, day FROM given ORDER BY number, event_key
       ON CONFLICT DO NOTHING RETURNING integration, event_key
     )
     SELECT given.integration_id, replace(inserted.event_key::text, '-', '') AS event_key
     FROM inserted JOIN given ON given.number = inserted.integration AND given.event_key = inserted.event_key`,
    columnsOf(
      given,
      ({ event }) => event.integrationId,
      ({ event }) => event.key,
      ({ event }) => toDay(event.receivedAt),
    ),
    "claim_events",
  );
  const isNew = new Set(rows.map((row) => `${row.integration_id} ${row.event_key}`));
  return keys.map((key, index) => first.get(key) === index && isNew.has(key));
}

/** Lists the devices that events change. An event may remove an unknown device without adding it first. */
function listDevices(events: readonly AcceptedEvent[]): DeviceKey[] {
  return events.flatMap(({ integrationId, effect }) => {
    if (!effect) return [];
    const deviceId = effect.kind === "record" ? effect.record.device.device_id : effect.deviceId;
    return [{ integrationId, deviceId, mayBeNew: effect.kind !== "removed" }];
  });
}

/** Records when each integration's last webhook was accepted. */
async function recordTaken(client: Client, events: readonly AcceptedEvent[]): Promise<void> {
  const latest = new Map<string, string>();
  for (const { integrationId, receivedAt, byWebhook } of events) {
    if (byWebhook && receivedAt > (latest.get(integrationId) ?? "")) latest.set(integrationId, receivedAt);
  }
  if (latest.size === 0) return;
  await client.rows(
    `INSERT INTO ingest.last_webhook AS l (integration_id, taken_at)
     SELECT integration_id, taken_at FROM ${unnest("text", "text")} AS given (integration_id, taken_at) ORDER BY 1
     ON CONFLICT (integration_id) DO UPDATE SET taken_at = greatest(l.taken_at, excluded.taken_at)`,
    columnsOf(
      [...latest],
      ([integrationId]) => integrationId,
      ([, at]) => at,
    ),
    "record_taken",
  );
}

const SELECTED = `sequence, integration_id AS "integrationId", received_at AS "receivedAt", body`;

/** Thrown to roll back because a listing has been published, so the events' devices may have to be moved first. */
const MUST_LOCK = new StoreError("write_failed", "A listing of the integration is being applied.");

/** The devices of an integration that events concern. */
const devicesOf = (events: readonly AcceptedEvent[], { integrationId }: Listing): readonly string[] =>
  distinct(
    events.flatMap((event) => (event.integrationId === integrationId ? (deviceIdOf(event) ?? []) : [])),
  );

/**
 * Moves the devices of published listings that events concern. Locks the integrations, because other events
 * may concern the same devices.
 *
 * @returns the changes, which come before those of the events
 */
async function moveConcerned(
  client: Client,
  events: readonly AcceptedEvent[],
  integrationIds: readonly string[],
): Promise<readonly ChangeDraft[]> {
  await Promise.all([lockIntegrations(client, integrationIds), holdIntegrations(client, integrationIds)]);
  const changes: ChangeDraft[] = [];
  for (const listing of await findListings(client, integrationIds)) {
    if (listing.state === "published")
      changes.push(...(await moveFirst(client, listing, devicesOf(events, listing))));
  }
  return changes;
}

async function commitEvents(
  client: Transaction,
  events: readonly AcceptedEvent[],
  isLocked: boolean,
): Promise<Committed> {
  const integrationIds = distinct(events.map(({ integrationId }) => integrationId));
  const moved = isLocked ? await moveConcerned(client, events, integrationIds) : [];
  // This function usually needs two round trips, however many events there are: one to read and lock, one to
  // write.
  const [, listings, isNew, locked, places] = await Promise.all([
    holdIntegrations(client, integrationIds),
    findListings(client, integrationIds),
    claimEvents(client, events),
    lockDevices(client, listDevices(events)),
    lookUpPlaces(client, integrationIds),
  ]);
  if (!isLocked && listings.some(({ state }) => state === "published")) throw MUST_LOCK;
  const newEvents = events.filter((_, index) => isNew[index]);
  const devices = locked ?? (await insertDevices(client, listDevices(newEvents)));
  const effects = applyEvents(newEvents, toLookup(devices, places));
  const words = newEvents.flatMap(({ integrationId, receivedAt: at, unknownWords }) =>
    unknownWords.map((word) => ({ integrationId, ...word, count: 1, at })),
  );
  client.withCommit(saveDevices(client, effects.devices));
  for (const listing of listings.filter(({ state }) => state === "preparing")) {
    const states = effects.devices.map(({ state }) => state);
    const ofIntegration = states.filter(({ integrationId }) => integrationId === listing.integrationId);
    if (ofIntegration.length > 0) await prepareAgain(client, listing, ofIntegration, places);
  }
  client.withCommit(
    Promise.all([
      countWords(client, words),
      recordTaken(client, events),
      // This statement comes last, because it takes positions, and all other commits then wait until this
      // transaction ends.
      writeFeed(client, [...toFeedItems(moved), ...effects.feed]),
    ]),
  );
  return { outcomes: mergeOutcomes(isNew, effects.outcomes), late: effects.late };
}

export function createEventStore(database: Database, limitMs: number): EventStore {
  const quickly: Database["transaction"] = (work) => database.transaction(work, { limitMs });
  return {
    async commit(events) {
      try {
        return await quickly((client) => commitEvents(client, events, false));
      } catch (error) {
        if (error !== MUST_LOCK) throw error;
        return quickly((client) => commitEvents(client, events, true));
      }
    },
    list: ({ integrationId, customerIds, quarantined, after, limit }: EventQuery) =>
      database.rows<StoredEvent>(
        quarantined
          ? `SELECT ${SELECTED}, NULL AS "customerId" FROM ingest.quarantined_event
             WHERE sequence > $1 AND ($2::text IS NULL OR integration_id = $2) AND $3::text[] IS NULL
             ORDER BY sequence LIMIT $4`
          : `SELECT ${SELECTED}, customer_id AS "customerId" FROM ingest.event
             WHERE sequence > $1 AND ($2::text IS NULL OR integration_id = $2) AND ($3::text[] IS NULL OR customer_id = ANY($3))
             ORDER BY sequence LIMIT $4`,
        [after, integrationId, customerIds, limit],
      ),
  };
}
