import type { ChangeDraft } from "../../domain/change.ts";
import type { FeedItem, PlacedEvent } from "../../domain/feed.ts";
import type { Client } from "./connection.ts";
import { columnsOf, unnest } from "./unnest.ts";

interface Positioned<Item> {
  /** Behind the last position that was given out, from 1. */
  readonly n: number;
  readonly item: Item;
}

/**
 * Gives out so many positions: `before`, and those that follow it. Until the transaction ends, nobody else is given any, for
 * there is one row of them: so a greater position is committed later, and whoever has read one has missed none below it.
 * Taken last, because all wait for it.
 */
const takePositions = (count: string): string =>
  `UPDATE ingest.position SET last = last + ${count}::bigint RETURNING last - ${count}::bigint AS before`;

const CHANGE_TYPES = ["text", "text", "text", "text", "text", "text", "text"] as const;

const changeColumns = (changes: readonly ChangeDraft[]): unknown[][] =>
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

/** `unnest` of so many columns, whose parameters begin after some others. */
const unnestFrom = (first: number, types: readonly string[]): string =>
  `unnest(${types.map((type, index) => `$${first + index}::${type}[]`).join(", ")})`;

/** One statement, because everybody waits while it runs: positions, and all that has one. */
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

/** Writes what has a position, in the order given. The last thing of a transaction. */
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
      ...changeColumns(changes.map(({ item }) => item)),
    ],
    "write_feed",
  );
}

/** Changes of a transaction that takes many steps: kept aside, since a position may be taken only at its end. */
export interface PendingChanges {
  add(changes: readonly ChangeDraft[]): Promise<void>;
  /** Gives them their positions, in the order in which they were added. The last thing of the transaction. */
  write(): Promise<void>;
}

/** Begins to keep changes aside, in a table of this transaction alone: they may be millions. */
export async function pendingChanges(client: Client): Promise<PendingChanges> {
  await client.rows(
    `CREATE TEMPORARY TABLE pending_change (
       n bigint GENERATED ALWAYS AS IDENTITY, kind text, integration_id text, customer_id text, customer_site_id text,
       device_id text, changed_at text, data text) ON COMMIT DROP`,
  );
  let count = 0;
  return {
    async add(changes) {
      if (changes.length === 0) return;
      count += changes.length;
      await client.rows(
        `INSERT INTO pending_change (${CHANGE_COLUMNS})
         SELECT ${CHANGE_COLUMNS} FROM ${unnest(...CHANGE_TYPES)} WITH ORDINALITY AS given (${CHANGE_COLUMNS}, n) ORDER BY n`,
        changeColumns(changes),
      );
    },
    async write() {
      if (count === 0) return;
      await client.rows(
        `WITH taken AS (${takePositions("$1")})
         INSERT INTO ingest.change (sequence, ${CHANGE_COLUMNS})
         SELECT before + row_number() OVER (ORDER BY n), ${CHANGE_COLUMNS} FROM taken, pending_change`,
        [count],
      );
    },
  };
}
