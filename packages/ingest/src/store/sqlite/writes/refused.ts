import type { Database } from "better-sqlite3";
import type { RefusedDelivery } from "../../refused-delivery-store.ts";

const MOST_REFUSED = 200;

/** Makes the transaction that keeps refused deliveries. */
export function refusedWrites(database: Database) {
  const insert = database.prepare(`
    INSERT INTO refused_delivery (integration_id, received_at, status, code, detail, diagnosis, signed, body)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?)`);
  const bound = database.prepare(`
    DELETE FROM refused_delivery WHERE integration_id = :integration AND sequence <= (
      SELECT sequence FROM refused_delivery WHERE integration_id = :integration
      ORDER BY sequence DESC LIMIT 1 OFFSET ${MOST_REFUSED})`);
  const refused = database.prepare(`
    INSERT INTO last_webhook (integration_id, refused_at) VALUES (?, ?)
    ON CONFLICT DO UPDATE SET refused_at = max(excluded.refused_at, coalesce(refused_at, ''))`);
  return {
    keepRefused: database.transaction((deliveries: readonly RefusedDelivery[]) => {
      for (const each of deliveries) {
        insert.run(
          each.integrationId,
          each.receivedAt,
          each.status,
          each.code,
          each.detail,
          each.diagnosis,
          each.signed ? 1 : 0,
          each.body,
        );
        refused.run(each.integrationId, each.receivedAt);
      }
      for (const integration of new Set(deliveries.map(({ integrationId }) => integrationId))) {
        bound.run({ integration });
      }
    }),
  };
}
