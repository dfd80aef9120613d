import type { Change } from "../../domain/change.ts";
import { type FeedEvent, mergeFeed } from "../../domain/feed.ts";
import type { ChangeQuery, ChangeStore, Subscriber } from "../change-store.ts";
import { type Database, ONE_SNAPSHOT } from "./connection.ts";

const CONDITIONS = `sequence > $1
  AND ($2::text[] IS NULL OR customer_id = ANY($2)) AND ($3::text IS NULL OR integration_id = $3)`;

export function createChangeStore(database: Database): ChangeStore {
  async function readPosition(column: "last" | "forgotten"): Promise<number> {
    const [row] = await database.rows<{ value: number }>(`SELECT ${column} AS value FROM ingest.position`);
    return row?.value ?? 0;
  }

  return {
    read: ({ after, customerIds, integrationId, limit }: ChangeQuery) =>
      database.transaction(async (client) => {
        const parameters = [after, customerIds, integrationId, limit];
        const events = await client.rows<FeedEvent>(
          `SELECT sequence, integration_id, customer_id, customer_site_id, device_id, received_at, body FROM ingest.event
           WHERE ${CONDITIONS} AND NOT released ORDER BY sequence LIMIT $4`,
          parameters,
        );
        const changes = await client.rows<Change>(
          `SELECT sequence, kind, integration_id, customer_id, customer_site_id, device_id, changed_at, data
           FROM ingest.change WHERE ${CONDITIONS} AND customer_id IS NOT NULL ORDER BY sequence LIMIT $4`,
          parameters,
        );
        return mergeFeed(events, changes, limit);
      }, ONE_SNAPSHOT),
    history: ({ integrationId, deviceId, customerIds, before, limit }) =>
      database.rows<Change>(
        `SELECT sequence, kind, integration_id, customer_id, customer_site_id, device_id, changed_at, data
         FROM ingest.change
         WHERE integration_id = $1 AND device_id = $2 AND kind = 'device_status' AND ($3::bigint IS NULL OR sequence < $3)
           AND ($5::text[] IS NULL OR customer_id = ANY($5))
         ORDER BY sequence DESC LIMIT $4`,
        [integrationId, deviceId, before, limit, customerIds],
      ),
    last: () => readPosition("last"),
    first: async () => (await readPosition("forgotten")) + 1,
    subscribers: () =>
      database.rows<Subscriber>(
        `SELECT subscriber_id AS "subscriberId", url, customer_id AS "customerId", secret, position, created_at AS "createdAt"
         FROM ingest.subscriber ORDER BY created_at`,
      ),
    async saveSubscriber({ subscriberId, url, customerId, secret, position: at, createdAt }) {
      await database.rows(
        `INSERT INTO ingest.subscriber (subscriber_id, url, customer_id, secret, position, created_at)
         VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (subscriber_id) DO UPDATE SET secret = excluded.secret`,
        [subscriberId, url, customerId, Buffer.from(secret), at, createdAt],
      );
    },
    async removeSubscriber(subscriberId) {
      const gone = await database.rows("DELETE FROM ingest.subscriber WHERE subscriber_id = $1 RETURNING 1", [
        subscriberId,
      ]);
      return gone.length === 1;
    },
    async advance(subscriberId, sequence) {
      await database.rows(
        "UPDATE ingest.subscriber SET position = greatest(position, $2) WHERE subscriber_id = $1",
        [subscriberId, sequence],
      );
    },
  };
}
