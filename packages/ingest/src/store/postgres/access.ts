import type { RefusedDeliveryStore, RefusedView } from "../refused-delivery-store.ts";
import type { LeaseStore } from "../store.ts";
import type { TokenRow, TokenStore } from "../token-store.ts";
import type { Database } from "./connection.ts";
import { columnsOf, unnest } from "./unnest.ts";

const MOST_REFUSED = 200;
const TOKEN = `SELECT token_id AS "tokenId", name, role, hash, created_at AS "createdAt" FROM ingest.token`;

/** Leases by the database's clock: processes need not agree on theirs. */
export function leasesIn(database: Database): LeaseStore {
  return {
    async take(name, owner, seconds) {
      const taken = await database.rows(
        `INSERT INTO ingest.lease AS l (name, owner, until) VALUES ($1, $2, clock_timestamp() + make_interval(secs => $3))
         ON CONFLICT (name) DO UPDATE SET owner = excluded.owner, until = excluded.until
         WHERE l.owner = excluded.owner OR l.until <= clock_timestamp() RETURNING 1`,
        [name, owner, seconds],
      );
      return taken.length === 1;
    },
    async release(name, owner) {
      await database.rows("DELETE FROM ingest.lease WHERE name = $1 AND owner = $2", [name, owner]);
    },
  };
}

export function tokensIn(database: Database): TokenStore {
  return {
    all: () => database.rows<TokenRow>(`${TOKEN} ORDER BY created_at, token_id`),
    async find(hash) {
      const [row] = await database.rows<TokenRow>(`${TOKEN} WHERE hash = $1`, [Buffer.from(hash)]);
      return row ?? null;
    },
    async add({ tokenId, name, role, hash, createdAt }) {
      await database.rows(
        "INSERT INTO ingest.token (token_id, name, role, hash, created_at) VALUES ($1, $2, $3, $4, $5)",
        [tokenId, name, role, Buffer.from(hash), createdAt],
      );
    },
    async remove(tokenId) {
      const gone = await database.rows("DELETE FROM ingest.token WHERE token_id = $1 RETURNING 1", [tokenId]);
      return gone.length === 1;
    },
  };
}

export function refusedIn(database: Database): RefusedDeliveryStore {
  return {
    keep: (deliveries) =>
      database.transaction(async (client) => {
        await client.rows(
          `INSERT INTO ingest.refused_delivery
             (integration_id, received_at, status, code, detail, diagnosis, signed, body)
           SELECT * FROM ${unnest("text", "text", "integer", "text", "text", "text", "boolean", "text")}`,
          columnsOf(
            deliveries,
            ({ integrationId }) => integrationId,
            ({ receivedAt }) => receivedAt,
            ({ status }) => status,
            ({ code }) => code,
            ({ detail }) => detail,
            ({ diagnosis }) => diagnosis,
            ({ signed }) => signed,
            ({ body }) => body,
          ),
        );
        await client.rows(
          `INSERT INTO ingest.last_webhook AS l (integration_id, refused_at)
           SELECT i COLLATE "C", max(r) FROM ${unnest("text", "text")} AS given (i, r) GROUP BY 1 ORDER BY 1
           ON CONFLICT (integration_id) DO UPDATE SET refused_at = greatest(l.refused_at, excluded.refused_at)`,
          columnsOf(
            deliveries,
            ({ integrationId }) => integrationId,
            ({ receivedAt }) => receivedAt,
          ),
        );
        for (const integrationId of new Set(deliveries.map((each) => each.integrationId))) {
          await client.rows(
            `DELETE FROM ingest.refused_delivery WHERE integration_id = $1 AND sequence <= (
               SELECT sequence FROM ingest.refused_delivery WHERE integration_id = $1
               ORDER BY sequence DESC LIMIT 1 OFFSET ${MOST_REFUSED})`,
            [integrationId],
          );
        }
      }),
    list: (integrationId, limit) =>
      database.rows<RefusedView>(
        `SELECT sequence, integration_id AS "integrationId", received_at AS "receivedAt", status, code, detail, diagnosis,
                signed, body
         FROM ingest.refused_delivery WHERE $1::text IS NULL OR integration_id = $1 ORDER BY sequence DESC LIMIT $2`,
        [integrationId, limit],
      ),
  };
}
