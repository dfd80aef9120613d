import {
  MAX_REFUSED_DELIVERIES,
  type RefusedDelivery,
  type RefusedDeliveryStore,
  type RefusedView,
} from "../event-store.ts";
import type { Client, Database } from "./connection.ts";
import { columnsOf, unnest } from "./query.ts";

async function insert(client: Client, deliveries: readonly RefusedDelivery[]): Promise<void> {
  await client.rows(
    `INSERT INTO ingest.refused_delivery
       (integration_id, received_at, status, code, detail, diagnosis, signed, body)
     SELECT integration_id, received_at, status, code, detail, diagnosis, signed, body
     FROM ${unnest("text", "text", "integer", "text", "text", "text", "boolean", "text")}
       AS given (integration_id, received_at, status, code, detail, diagnosis, signed, body)`,
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
}

async function setLastRefused(client: Client, deliveries: readonly RefusedDelivery[]): Promise<void> {
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
}

export function createRefusedDeliveryStore(database: Database, limitMs: number): RefusedDeliveryStore {
  const quickly: Database["transaction"] = (work) => database.transaction(work, { limitMs });
  return {
    keep: (deliveries) =>
      quickly(async (client) => {
        await insert(client, deliveries);
        await setLastRefused(
          client,
          deliveries.filter(({ fromVendor }) => fromVendor),
        );
        for (const integrationId of new Set(deliveries.map((each) => each.integrationId))) {
          for (const signed of [false, true]) {
            await client.rows(
              `DELETE FROM ingest.refused_delivery WHERE integration_id = $1 AND signed = $2 AND sequence <= (
                 SELECT sequence FROM ingest.refused_delivery WHERE integration_id = $1 AND signed = $2
                 ORDER BY sequence DESC LIMIT 1 OFFSET ${MAX_REFUSED_DELIVERIES})`,
              [integrationId, signed],
            );
          }
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
