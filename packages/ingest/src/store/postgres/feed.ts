import type { ChangeDraft } from "../../domain/change.ts";
import { type FeedItem, type PlacedEvent, toFeedItems } from "../../domain/feed.ts";
import { columnsOf, unnest, unnestFrom } from "./query.ts";
import type { Client } from "./transaction.ts";

interface Positioned<Item> {
  /** The item's position minus the last position that was taken earlier. The first item has 1. */
  readonly n: number;
  readonly item: Item;
}

/**
 * Takes the positions after `before`. The update locks the only row until the transaction ends, so greater
 * positions always commit later. A reader that has read a position has therefore missed no smaller position.
 * This statement comes last in the transaction, because all other commits wait while the row is locked.
 */
const takePositions = (count: string): string =>
  `UPDATE ingest.position SET last = last + ${count}::bigint RETURNING last - ${count}::bigint AS before`;

const CHANGE_TYPES = ["text", "text", "text", "text", "text", "text", "text"] as const;

const toChangeColumns = (changes: readonly ChangeDraft[]): unknown[][] =>
  columnsOf(
    changes,
    ({ kind }) => kind,
    ({ integrationId }) => integrationId,
    ({ place }) => place?.customerId ?? null,
    ({ place }) => place?.customerSiteId ?? null,
    ({ deviceId }) => deviceId,
    ({ changedAt }) => changedAt,
    ({ data }) => data,
  );

const CHANGE_COLUMNS = "kind, integration_id, customer_id, customer_site_id, device_id, changed_at, data";

const EVENT_TYPES = ["bigint", "text", "text", "text", "text", "text", "text"] as const;

/**
 * Takes the positions and writes every row that gets a position. This is a single statement, because all
 * commits wait while it runs.
 */
const WRITE = `
WITH taken AS (${takePositions("$1")}),
stored AS (
  INSERT INTO ingest.event (sequence, integration_id, customer_id, customer_site_id, device_id, received_at, released, body)
  SELECT before + n, i, c, cs, d, r, false, b
  FROM taken, ${unnestFrom(2, EVENT_TYPES)} AS given (n, i, c, cs, d, r, b)
),
quarantined AS (
  INSERT INTO ingest.quarantined_event (sequence, integration_id, org_id, site_id, device_id, received_at, body)
  SELECT before + n, i, o, s, d, r, b
  FROM taken, ${unnestFrom(9, EVENT_TYPES)} AS given (n, i, o, s, d, r, b)
)
INSERT INTO ingest.change (sequence, ${CHANGE_COLUMNS})
SELECT before + n, ${CHANGE_COLUMNS}
FROM taken, ${unnestFrom(16, ["bigint", ...CHANGE_TYPES])} AS given (n, ${CHANGE_COLUMNS})`;

/** Appends items to the feed. Must be the last statement of a transaction. */
export async function writeFeed(client: Client, items: readonly FeedItem[]): Promise<void> {
  if (items.length === 0) return;
  const events: Positioned<PlacedEvent>[] = [];
  const changes: Positioned<ChangeDraft>[] = [];
  for (const [index, item] of items.entries()) {
    if (item.kind === "event") events.push({ n: index + 1, item: item.placed });
    else changes.push({ n: index + 1, item: item.change });
  }
  await client.rows(
    WRITE,
    [
      items.length,
      ...columnsOf(
        events.filter(({ item }) => item.place !== null),
        ({ n }) => n,
        ({ item }) => item.event.integrationId,
        ({ item }) => item.place?.customerId,
        ({ item }) => item.place?.customerSiteId,
        ({ item }) => item.deviceId,
        ({ item }) => item.event.receivedAt,
        ({ item }) => item.event.body,
      ),
      ...columnsOf(
        events.filter(({ item }) => item.place === null),
        ({ n }) => n,
        ({ item }) => item.event.integrationId,
        ({ item }) => item.event.orgId,
        ({ item }) => item.event.siteId,
        ({ item }) => item.deviceId,
        ({ item }) => item.event.receivedAt,
        ({ item }) => item.event.body,
      ),
      changes.map(({ n }) => n),
      ...toChangeColumns(changes.map(({ item }) => item)),
    ],
    "write_feed",
  );
}

/** Collects the changes of a long transaction, which must not take positions before its end. */
export interface PendingChanges {
  add(changes: readonly ChangeDraft[]): Promise<void>;
  /**
   * Appends the changes to the feed, in the order in which they were added. Must be the last call of the
   * transaction.
   */
  write(): Promise<void>;
}

/** How many changes a transaction keeps in memory. */
const MAX_IN_MEMORY = 1000;

/**
 * Collects changes in memory, and moves them to a temporary table if there are many, because there may be
 * millions. Creating the table takes longer than the rest of a small transaction.
 */
export function collectChanges(client: Client): PendingChanges {
  let inMemory: ChangeDraft[] = [];
  let inTable = 0;

  async function moveToTable(): Promise<void> {
    if (inTable === 0) {
      await client.rows(
        `CREATE TEMPORARY TABLE pending_change (
           n bigint GENERATED ALWAYS AS IDENTITY, kind text, integration_id text, customer_id text, customer_site_id text,
           device_id text, changed_at text, data text) ON COMMIT DROP`,
      );
    }
    await client.rows(
      `INSERT INTO pending_change (${CHANGE_COLUMNS})
       SELECT ${CHANGE_COLUMNS} FROM ${unnest(...CHANGE_TYPES)} WITH ORDINALITY AS given (${CHANGE_COLUMNS}, n) ORDER BY n`,
      toChangeColumns(inMemory),
    );
    inTable += inMemory.length;
    inMemory = [];
  }

  return {
    async add(changes) {
      inMemory = [...inMemory, ...changes];
      if (inMemory.length > MAX_IN_MEMORY) await moveToTable();
    },
    async write() {
      if (inTable === 0) return writeFeed(client, toFeedItems(inMemory));
      if (inMemory.length > 0) await moveToTable();
      await client.rows(
        `WITH taken AS (${takePositions("$1")})
         INSERT INTO ingest.change (sequence, ${CHANGE_COLUMNS})
         SELECT before + row_number() OVER (ORDER BY n), ${CHANGE_COLUMNS} FROM taken, pending_change`,
        [inTable],
      );
    },
  };
}
