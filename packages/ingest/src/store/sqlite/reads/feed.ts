import type { Database } from "better-sqlite3";
import type { Change } from "../../../domain/change.ts";
import { type FeedEvent, mergeFeed } from "../../../domain/feed.ts";
import type { ChangeQuery, ChangeStore, Subscriber } from "../../change-store.ts";
import type { EventQuery, EventStore, StoredEvent } from "../../event-store.ts";

type Reads = Pick<ChangeStore, "read" | "history" | "last" | "first" | "subscribers">;

const CHANGE = "sequence, kind, integration_id, customer_id, customer_site_id, device_id, changed_at, data";
const STORED = "sequence, integration_id AS integrationId, received_at AS receivedAt, body";

interface HistoryQuery {
  readonly integrationId: string;
  readonly deviceId: string;
  readonly before: number;
  readonly limit: number;
}

/** The events and changes, in the order of their positions. */
export function feedReads(database: Database): Reads & Pick<EventStore, "list"> {
  const events = database.prepare<[ChangeQuery], FeedEvent>(`
    SELECT sequence, integration_id, customer_id, customer_site_id, device_id, received_at, body FROM event
    WHERE sequence > :after AND released = 0
      AND (:customerId IS NULL OR customer_id = :customerId)
      AND (:integrationId IS NULL OR integration_id = :integrationId)
    ORDER BY sequence LIMIT :limit`);
  const changes = database.prepare<[ChangeQuery], Change>(`
    SELECT ${CHANGE} FROM change
    WHERE sequence > :after AND customer_id IS NOT NULL
      AND (:customerId IS NULL OR customer_id = :customerId)
      AND (:integrationId IS NULL OR integration_id = :integrationId)
    ORDER BY sequence LIMIT :limit`);
  // Along the chain, from the change that a page before this one ended with, else from the end.
  const history = database.prepare<[HistoryQuery], Change>(`
    WITH RECURSIVE past (sequence) AS (
      SELECT coalesce(
        (SELECT previous FROM change
         WHERE sequence = :before AND integration_id = :integrationId AND device_id = :deviceId),
        (SELECT last_status_change FROM device WHERE integration_id = :integrationId AND device_id = :deviceId))
      UNION ALL
      SELECT previous FROM past JOIN change USING (sequence)
    )
    SELECT ${CHANGE} FROM past JOIN change USING (sequence) WHERE sequence < :before LIMIT :limit`);
  const last = database.prepare<[], number>("SELECT last FROM position").pluck();
  const first = database.prepare<[], number>("SELECT forgotten + 1 FROM position").pluck();
  const subscribers = database.prepare<[], Subscriber>(
    `SELECT subscriber_id AS subscriberId, url, customer_id AS customerId, secret, position, created_at AS createdAt
     FROM subscriber ORDER BY created_at`,
  );
  const stored = database.prepare<[EventQuery], StoredEvent>(`
    SELECT ${STORED}, customer_id AS customerId FROM event
    WHERE sequence > :after
      AND (:integrationId IS NULL OR integration_id = :integrationId)
      AND (:customerId IS NULL OR customer_id = :customerId)
    ORDER BY sequence LIMIT :limit`);
  const quarantined = database.prepare<[EventQuery], StoredEvent>(`
    SELECT ${STORED}, NULL AS customerId FROM quarantined_event
    WHERE sequence > :after AND (:integrationId IS NULL OR integration_id = :integrationId) AND :customerId IS NULL
    ORDER BY sequence LIMIT :limit`);
  // Both halves of the feed as of one moment.
  const read = database.transaction((query: ChangeQuery) =>
    mergeFeed(events.all(query), changes.all(query), query.limit),
  );

  return {
    read: async (query) => read(query),
    history: async (integrationId, deviceId, before, limit) =>
      history.all({ integrationId, deviceId, before: before ?? Number.MAX_SAFE_INTEGER, limit }),
    last: async () => last.get() ?? 0,
    first: async () => first.get() ?? 1,
    subscribers: async () => subscribers.all(),
    list: async ({ quarantined: waiting, ...query }) =>
      (waiting ? quarantined : stored).all({ ...query } as EventQuery),
  };
}
