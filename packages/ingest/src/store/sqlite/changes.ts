import type { Database } from "better-sqlite3";
import type { Change } from "../../domain/change.ts";
import { type FeedEvent, mergeFeed } from "../../domain/feed.ts";
import type { ChangeQuery, ChangeStore, Subscriber } from "../change-store.ts";

const SELECTED = "sequence, kind, integration_id, customer_id, customer_site_id, device_id, changed_at, data";

/** The right side of a condition on a customer. `:customers` is the result of {@link toCustomersParameter}. */
export const AMONG_CUSTOMERS = "(SELECT value FROM json_each(:customers))";

/** Converts customers to a parameter, because SQLite has no parameter that is a list. */
export const toCustomersParameter = (customerIds: readonly string[] | null): string | null =>
  customerIds && JSON.stringify(customerIds);

/** Creates a function that reads a page of the feed from one snapshot of events and changes. */
function createFeedReader(database: Database): (query: ChangeQuery) => readonly Change[] {
  const events = database.prepare<[object], FeedEvent>(`
    SELECT sequence, integration_id, customer_id, customer_site_id, device_id, received_at, body FROM event
    WHERE sequence > :after AND released = 0
      AND (:customers IS NULL OR customer_id IN ${AMONG_CUSTOMERS})
      AND (:integrationId IS NULL OR integration_id = :integrationId)
    ORDER BY sequence LIMIT :limit`);
  const changes = database.prepare<[object], Change>(`
    SELECT ${SELECTED} FROM change
    WHERE sequence > :after AND customer_id IS NOT NULL
      AND (:customers IS NULL OR customer_id IN ${AMONG_CUSTOMERS})
      AND (:integrationId IS NULL OR integration_id = :integrationId)
    ORDER BY sequence LIMIT :limit`);
  return database.transaction(({ customerIds, ...query }: ChangeQuery) => {
    const parameters = { ...query, customers: toCustomersParameter(customerIds) };
    return mergeFeed(events.all(parameters), changes.all(parameters), query.limit);
  });
}

type Reads = Pick<ChangeStore, "read" | "history" | "last" | "first" | "subscribers">;

export function prepareChangeReads(database: Database): Reads {
  const readFeed = createFeedReader(database);
  // Follows the links from one status change to the previous one. Starts after the last change of the
  // previous page or, for the first page, at the device's latest change.
  const history = database.prepare<[object], Change>(`
    WITH RECURSIVE past (sequence) AS (
      SELECT coalesce(
        (SELECT previous FROM change
         WHERE sequence = :before AND integration_id = :integrationId AND device_id = :deviceId),
        (SELECT last_status_change FROM device WHERE integration_id = :integrationId AND device_id = :deviceId))
      UNION ALL
      SELECT previous FROM past JOIN change USING (sequence)
    )
    SELECT ${SELECTED} FROM past JOIN change USING (sequence)
    WHERE sequence < :before AND (:customers IS NULL OR customer_id IN ${AMONG_CUSTOMERS}) LIMIT :limit`);
  const last = database.prepare<[], number>("SELECT last FROM position").pluck();
  const first = database.prepare<[], number>("SELECT forgotten + 1 FROM position").pluck();
  const subscribers = database.prepare<[], Subscriber>(
    `SELECT subscriber_id AS subscriberId, url, customer_id AS customerId, secret, position, created_at AS createdAt
     FROM subscriber ORDER BY created_at`,
  );
  return {
    read: async (query) => readFeed(query),
    history: async ({ customerIds, before, ...query }) =>
      history.all({
        ...query,
        customers: toCustomersParameter(customerIds),
        before: before ?? Number.MAX_SAFE_INTEGER,
      }),
    last: async () => last.get() ?? 0,
    first: async () => first.get() ?? 1,
    subscribers: async () => subscribers.all(),
  };
}

export function prepareSubscriberWrites(database: Database) {
  const upsert = database.prepare(
    `INSERT INTO subscriber (subscriber_id, url, customer_id, secret, position, created_at)
     VALUES (:subscriberId, :url, :customerId, :secret, :position, :createdAt)
     ON CONFLICT DO UPDATE SET secret = excluded.secret`,
  );
  const remove = database.prepare("DELETE FROM subscriber WHERE subscriber_id = ?");
  const advance = database.prepare(
    "UPDATE subscriber SET position = max(position, ?) WHERE subscriber_id = ?",
  );
  return {
    saveSubscriber(subscriber: Subscriber): void {
      upsert.run(subscriber);
    },
    removeSubscriber: (subscriberId: string): boolean => remove.run(subscriberId).changes === 1,
    advanceSubscriber(subscriberId: string, position: number): void {
      advance.run(position, subscriberId);
    },
  };
}
