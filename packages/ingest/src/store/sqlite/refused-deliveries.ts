import type { Database } from "better-sqlite3";
import {
  MAX_REFUSED_DELIVERIES,
  type RefusedDelivery,
  type RefusedDeliveryStore,
  type RefusedView,
} from "../event-store.ts";

type Row = Omit<RefusedView, "signed"> & { readonly signed: number };

export function prepareRefusedDeliveryReads(database: Database): Pick<RefusedDeliveryStore, "list"> {
  const list = database.prepare<[{ integrationId: string | null; limit: number }], Row>(`
    SELECT sequence, integration_id AS integrationId, received_at AS receivedAt, status, code, detail, diagnosis, signed, body
    FROM refused_delivery WHERE :integrationId IS NULL OR integration_id = :integrationId
    ORDER BY sequence DESC LIMIT :limit`);
  return {
    list: async (integrationId, limit) =>
      list.all({ integrationId, limit }).map((row) => ({ ...row, signed: row.signed === 1 })),
  };
}

export function prepareRefusedDeliveryWrites(database: Database) {
  const insert = database.prepare(`
    INSERT INTO refused_delivery (integration_id, received_at, status, code, detail, diagnosis, signed, body)
    VALUES (:integrationId, :receivedAt, :status, :code, :detail, :diagnosis, :signed, :body)`);
  const deleteOldest = database.prepare(`
    DELETE FROM refused_delivery WHERE integration_id = :integrationId AND signed = :signed AND sequence <= (
      SELECT sequence FROM refused_delivery WHERE integration_id = :integrationId AND signed = :signed
      ORDER BY sequence DESC LIMIT 1 OFFSET ${MAX_REFUSED_DELIVERIES})`);
  const setLastRefused = database.prepare(`
    INSERT INTO last_webhook (integration_id, refused_at) VALUES (:integrationId, :receivedAt)
    ON CONFLICT DO UPDATE SET refused_at = max(excluded.refused_at, coalesce(refused_at, ''))`);
  return {
    keepRefused: database.transaction((deliveries: readonly RefusedDelivery[]) => {
      for (const { fromVendor, ...delivery } of deliveries) {
        insert.run({ ...delivery, signed: delivery.signed ? 1 : 0 });
        const { integrationId, receivedAt } = delivery;
        if (fromVendor) setLastRefused.run({ integrationId, receivedAt });
      }
      for (const integrationId of new Set(deliveries.map((each) => each.integrationId))) {
        for (const signed of [0, 1]) deleteOldest.run({ integrationId, signed });
      }
    }),
  };
}
