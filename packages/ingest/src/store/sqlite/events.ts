import type { Database } from "better-sqlite3";
import { applyEvents, type BatchEffects, deviceIdOf } from "../../domain/apply-events.ts";
import { type AcceptedEvent, type Committed, mergeOutcomes } from "../../domain/event.ts";
import { toDay } from "../digest.ts";
import type { EventStore, StoredEvent } from "../event-store.ts";
import type { Staging } from "../inventory-store.ts";
import { AMONG_CUSTOMERS, toCustomersParameter } from "./changes.ts";
import { openDeviceTable } from "./device-table.ts";
import { openListings } from "./listing.ts";
import { prepareWordCounter } from "./mappings.ts";
import { type PackedEvent, unpackEvent } from "./packed-events.ts";

const SELECTED = "sequence, integration_id AS integrationId, received_at AS receivedAt, body";

export function prepareEventReads(database: Database): Pick<EventStore, "list"> {
  const stored = database.prepare<[object], StoredEvent>(`
    SELECT ${SELECTED}, customer_id AS customerId FROM event
    WHERE sequence > :after
      AND (:integrationId IS NULL OR integration_id = :integrationId)
      AND (:customers IS NULL OR customer_id IN ${AMONG_CUSTOMERS})
    ORDER BY sequence LIMIT :limit`);
  const inQuarantine = database.prepare<[object], StoredEvent>(`
    SELECT ${SELECTED}, NULL AS customerId FROM quarantined_event
    WHERE sequence > :after AND (:integrationId IS NULL OR integration_id = :integrationId) AND :customers IS NULL
    ORDER BY sequence LIMIT :limit`);
  return {
    list: async ({ quarantined, customerIds, ...query }) =>
      (quarantined ? inQuarantine : stored).all({ ...query, customers: toCustomersParameter(customerIds) }),
  };
}

/**
 * Creates a function that adds events to the ledger and returns which are new. If two have the same key, only
 * the first is new.
 */
function createClaim(database: Database): (events: readonly AcceptedEvent[]) => boolean[] {
  const numberOf = database
    .prepare<[string], number>("SELECT number FROM integration WHERE integration_id = ?")
    .pluck();
  const insert = database.prepare(
    "INSERT OR IGNORE INTO ledger (integration, event_key, day) VALUES (?, unhex(?), ?)",
  );
  return (events) => {
    const numbers = new Map<string, number>();
    const days = new Map<string, number>();
    return events.map(({ integrationId, key, receivedAt }) => {
      const number = numbers.get(integrationId) ?? numberOf.get(integrationId);
      if (number === undefined) throw new Error(`Unknown integration: ${integrationId}.`);
      numbers.set(integrationId, number);
      const day = days.get(receivedAt) ?? toDay(receivedAt);
      days.set(receivedAt, day);
      return insert.run(number, key, day).changes === 1;
    });
  };
}

/** Creates a function that records when each integration's last webhook was accepted. */
function createRecordTaken(database: Database): (events: readonly AcceptedEvent[]) => void {
  const set = database.prepare(`
    INSERT INTO last_webhook (integration_id, taken_at) VALUES (?, ?)
    ON CONFLICT DO UPDATE SET taken_at = max(excluded.taken_at, coalesce(taken_at, ''))`);
  return (events) => {
    const latest = new Map<string, string>();
    for (const { integrationId, receivedAt, byWebhook } of events) {
      if (byWebhook && receivedAt > (latest.get(integrationId) ?? "")) latest.set(integrationId, receivedAt);
    }
    for (const [integrationId, at] of latest) set.run(integrationId, at);
  };
}

/** Lists the devices of an integration that events concern. */
function concernedDevices(events: readonly AcceptedEvent[], { integrationId }: Staging): Set<string> {
  const concerned = events.filter((event) => event.integrationId === integrationId);
  return new Set(concerned.flatMap((event) => deviceIdOf(event) ?? []));
}

/** Lists the devices of an integration that events have changed. */
const changedDevices = ({ devices }: BatchEffects, { integrationId }: Staging): readonly string[] =>
  devices.flatMap(({ state }) => (state.integrationId === integrationId ? [state.deviceId] : []));

export function prepareEventWrites(database: Database) {
  const claim = createClaim(database);
  const recordTaken = createRecordTaken(database);
  const countWord = prepareWordCounter(database);
  const { begin, keep } = openDeviceTable(database);
  const listings = openListings(database);

  const commit = database.transaction((events: readonly AcceptedEvent[]): Committed => {
    const isNew = claim(events);
    const newEvents = events.filter((_, index) => isNew[index]);
    const devices = begin();
    const applying = listings.all();
    for (const listing of applying) {
      if (listing.state === "published")
        listings.moveFirst(listing, concernedDevices(newEvents, listing), devices);
    }
    const effects = applyEvents(newEvents, devices);
    devices.save(effects.devices, effects.feed);
    for (const listing of applying) {
      if (listing.state === "preparing")
        listings.prepareAgain(listing, changedDevices(effects, listing), devices);
    }
    recordTaken(events);
    for (const { integrationId, receivedAt: lastSeenAt, unknownWords } of newEvents) {
      for (const word of unknownWords) countWord({ integrationId, ...word, count: 1, lastSeenAt });
    }
    return { outcomes: mergeOutcomes(isNew, effects.outcomes), late: effects.late };
  });

  return {
    /** Stores a batch of events and applies their effects, in one transaction. */
    commitEvents(packed: readonly PackedEvent[]): Committed {
      const result = commit(packed.map(unpackEvent));
      keep();
      return result;
    },
  };
}
