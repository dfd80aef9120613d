import type { Batchable } from "../../rules/batch.ts";
import type { DueDelivery, DueQuery, OutboxStore } from "../store.ts";
import { type GuardedPool, queryRows, runInTransaction } from "./connection.ts";

type Deliveries = Pick<
  OutboxStore,
  | "claimEndpoints"
  | "renewLeases"
  | "releaseEndpoint"
  | "scheduled"
  | "queued"
  | "batchable"
  | "formBatch"
  | "batchBodies"
>;

/** Creates the queries of workers. Leases use the database's clock, because the clocks of workers differ. */
export function createDeliveryQueries(pool: GuardedPool, schema: string): Deliveries {
  const LEASE_END = "clock_timestamp() + $2 * interval '1 millisecond'";
  /** Locks the endpoints for update and skips those that another worker is claiming at the moment. */
  const CLAIM = `
    WITH free AS (
      SELECT endpoint_id FROM ${schema}.endpoint p
      WHERE p.state = 'active' AND p.lease_until <= clock_timestamp() AND (
        EXISTS (SELECT FROM ${schema}.delivery d
                WHERE d.endpoint_id = p.endpoint_id AND d.state = 'scheduled' AND d.due_at <= $3)
        OR p.probe_at <= $3 AND EXISTS (SELECT FROM ${schema}.delivery d
                WHERE d.endpoint_id = p.endpoint_id AND d.state = 'queued')
      )
      FOR NO KEY UPDATE SKIP LOCKED
    )
    UPDATE ${schema}.endpoint p SET lease_worker = $1, lease_until = ${LEASE_END}
    FROM free WHERE p.endpoint_id = free.endpoint_id
    RETURNING p.endpoint_id AS "endpointId"
  `;
  const RENEW = `
    UPDATE ${schema}.endpoint SET lease_until = ${LEASE_END} WHERE endpoint_id IN (
      SELECT endpoint_id FROM ${schema}.endpoint WHERE lease_worker = $1 AND endpoint_id = ANY ($3)
      ORDER BY endpoint_id FOR NO KEY UPDATE)
  `;
  const RELEASE = `
    UPDATE ${schema}.endpoint SET lease_worker = NULL, lease_until = '-infinity'
    WHERE lease_worker = $1 AND endpoint_id = $2
  `;
  const due = (where: string, order: string) => {
    const select = `
      SELECT d.delivery_id::float8 AS "deliveryId", e.event_id AS "eventId", d.batch_id AS "batchId",
             e.order_key AS "orderKey", d.attempts, e.body
      FROM ${schema}.delivery d JOIN ${schema}.event e USING (sequence)
      WHERE d.endpoint_id = (SELECT endpoint_id FROM ${schema}.endpoint WHERE endpoint_id = $1 AND state = 'active')
        AND ${where} AND d.delivery_id <> ALL ($4::bigint[])
        AND (d.batch_id IS NOT NULL OR e.order_key IS NULL OR e.order_key <> ALL ($5::text[]))
      ORDER BY ${order} LIMIT $3
    `;
    return ({ endpointId, now, limit, busy }: DueQuery) =>
      queryRows<DueDelivery>(pool, select, [endpointId, now, limit, busy.deliveryIds, busy.orderKeys]);
  };
  const BATCHABLE = `
    SELECT d.delivery_id::float8 AS "deliveryId", e.bytes, d.due_at::float8 AS since
    FROM ${schema}.delivery d JOIN ${schema}.event e USING (sequence)
    WHERE d.endpoint_id = $1 AND d.state = 'queued' ORDER BY d.delivery_id LIMIT $2
  `;
  /**
   * Only the holder of the lease knows which deliveries have started. The lock keeps other
   * workers from taking over the lease meanwhile.
   */
  const HOLD = `
    SELECT 1 FROM ${schema}.endpoint
    WHERE endpoint_id = $1 AND lease_worker = $2 AND lease_until > clock_timestamp() FOR NO KEY UPDATE
  `;
  const INTO_BATCH = `
    UPDATE ${schema}.delivery SET batch_id = $1, due_at = $3, state = 'batched'
    WHERE delivery_id = ANY ($2::bigint[]) AND state = 'queued'
    RETURNING delivery_id::float8 AS "deliveryId"
  `;
  const MARK_FIRST = `UPDATE ${schema}.delivery SET state = 'scheduled' WHERE delivery_id = $1`;
  const BODIES = `
    SELECT e.body FROM ${schema}.delivery d JOIN ${schema}.event e USING (sequence)
    WHERE d.batch_id = $1 ORDER BY d.delivery_id
  `;

  return {
    claimEndpoints: async ({ worker, leaseMs }, now) => {
      const rows = await queryRows<{ endpointId: string }>(pool, CLAIM, [worker, leaseMs, now]);
      return rows.map(({ endpointId }) => endpointId);
    },
    renewLeases: async ({ worker, leaseMs }, endpointIds) => {
      await pool.query(RENEW, [worker, leaseMs, endpointIds]);
    },
    releaseEndpoint: async (worker, endpointId) => {
      await pool.query(RELEASE, [worker, endpointId]);
    },
    scheduled: due("d.state = 'scheduled' AND d.due_at <= $2", "d.due_at, d.delivery_id"),
    // The query does not compare times, because the clock of the process that enqueued may differ from this
    // process's clock.
    queued: due("d.state = 'queued' AND $2::bigint > 0", "d.delivery_id"),
    batchable: (endpointId, limit) => queryRows<Batchable>(pool, BATCHABLE, [endpointId, limit]),
    formBatch: ({ batchId, endpointId, worker, deliveryIds, now }) =>
      runInTransaction(pool, async (client) => {
        if ((await queryRows(client, HOLD, [endpointId, worker])).length === 0) return undefined;
        const formed = await queryRows<{ deliveryId: number }>(client, INTO_BATCH, [
          batchId,
          deliveryIds,
          now,
        ]);
        if (formed.length === 0) return undefined;
        const first = Math.min(...formed.map(({ deliveryId }) => deliveryId));
        await client.query(MARK_FIRST, [first]);
        return first;
      }),
    batchBodies: async (batchId) =>
      (await queryRows<{ body: string }>(pool, BODIES, [batchId])).map(({ body }) => body),
  };
}
