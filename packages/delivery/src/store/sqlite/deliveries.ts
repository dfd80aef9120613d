import type { Database } from "better-sqlite3";
import type { Batchable } from "../../rules/batch.ts";
import type { DueDelivery, DueQuery, NewBatch, OutboxStore } from "../store.ts";

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

/**
 * Creates the queries of workers. All processes that open the file run on one machine, so they share its clock.
 *
 * SQLite plans a query again for each value of `LIMIT ?`, and of `column = ?` where a partial index could help, which takes
 * longer than the query itself. With `LIMIT ? + 0` and `column = +?`, it plans the query once.
 */
export function createDeliveryQueries(database: Database): Deliveries {
  const claimable = database
    .prepare<{ wall: number; now: number }, string>(`
      SELECT endpoint_id FROM endpoint p
      WHERE p.state = 'active' AND p.lease_until <= :wall AND (
        EXISTS (SELECT 1 FROM delivery d
                WHERE d.endpoint_id = p.endpoint_id AND d.state = 'scheduled' AND d.due_at <= :now)
        OR p.probe_at <= :now AND EXISTS (SELECT 1 FROM delivery d
                WHERE d.endpoint_id = p.endpoint_id AND d.state = 'queued')
      )
    `)
    .pluck();
  const claim = database.prepare(
    "UPDATE endpoint SET lease_worker = ?, lease_until = ? WHERE endpoint_id = ?",
  );
  const claimAll = database.transaction((worker: string, leaseMs: number, now: number) => {
    const wall = Date.now();
    const endpointIds = claimable.all({ wall, now });
    for (const endpointId of endpointIds) claim.run(worker, wall + leaseMs, endpointId);
    return endpointIds;
  });
  const renew = database.prepare(`
    UPDATE endpoint SET lease_until = ?
    WHERE lease_worker = ? AND endpoint_id IN (SELECT value FROM json_each(?))
  `);
  const release = database.prepare(
    "UPDATE endpoint SET lease_worker = NULL, lease_until = 0 WHERE lease_worker = ? AND endpoint_id = ?",
  );

  const due = (where: string, order: string) => {
    const firstDue = database
      .prepare<object, number>(
        `SELECT d.delivery_id FROM delivery d WHERE d.endpoint_id = +:endpointId AND ${where} LIMIT :count + 0`,
      )
      .pluck();
    const select = database.prepare<object, DueDelivery>(`
      SELECT d.delivery_id AS deliveryId, e.event_id AS eventId, d.batch_id AS batchId, e.order_key AS orderKey,
             d.attempts, e.body
      FROM delivery d JOIN event e USING (sequence)
      WHERE d.endpoint_id = (SELECT endpoint_id FROM endpoint WHERE endpoint_id = :endpointId AND state = 'active')
        AND ${where}
        AND d.delivery_id NOT IN (SELECT value FROM json_each(:deliveryIds))
        AND (d.batch_id IS NOT NULL OR e.order_key IS NULL
             OR e.order_key NOT IN (SELECT value FROM json_each(:orderKeys)))
      ORDER BY ${order} LIMIT :limit + 0
    `);
    return async ({ busy, ...query }: DueQuery) => {
      // Usually only the deliveries that are already in progress are due. This check costs only a fraction of
      // the query below.
      const first = firstDue.all({ ...query, count: busy.deliveryIds.length + 1 });
      if (first.every((deliveryId) => busy.deliveryIds.includes(deliveryId))) return [];
      return select.all({
        ...query,
        deliveryIds: JSON.stringify(busy.deliveryIds),
        orderKeys: JSON.stringify(busy.orderKeys),
      });
    };
  };

  const batchable = database.prepare<[string, number], Batchable>(`
    SELECT d.delivery_id AS deliveryId, e.bytes, d.due_at AS since FROM delivery d JOIN event e USING (sequence)
    WHERE d.endpoint_id = +? AND d.state = 'queued' ORDER BY d.delivery_id LIMIT ? + 0
  `);
  const isHeld = database
    .prepare<[string, string, number], number>(
      "SELECT 1 FROM endpoint WHERE endpoint_id = ? AND lease_worker = ? AND lease_until > ?",
    )
    .pluck();
  const intoBatch = database
    .prepare<[string, number, string], number>(`
      UPDATE delivery SET batch_id = ?, due_at = ?, state = 'batched'
      WHERE delivery_id IN (SELECT value FROM json_each(?)) AND state = 'queued'
      RETURNING delivery_id
    `)
    .pluck();
  const markFirst = database.prepare("UPDATE delivery SET state = 'scheduled' WHERE delivery_id = ?");
  const formBatch = database.transaction(({ batchId, endpointId, worker, deliveryIds, now }: NewBatch) => {
    // Only the holder of the lease knows which deliveries have started.
    if (isHeld.get(endpointId, worker, Date.now()) === undefined) return undefined;
    const formed = intoBatch.all(batchId, now, JSON.stringify(deliveryIds));
    if (formed.length === 0) return undefined;
    const first = Math.min(...formed);
    markFirst.run(first);
    return first;
  });
  const bodies = database
    .prepare<[string], string>(`
      SELECT e.body FROM delivery d JOIN event e USING (sequence) WHERE d.batch_id = +? ORDER BY d.delivery_id
    `)
    .pluck();

  return {
    async claimEndpoints({ worker, leaseMs }, now) {
      // Checks by reading first. Usually there is no endpoint to claim, and reading needs no write lock.
      if (claimable.get({ wall: Date.now(), now }) === undefined) return [];
      return claimAll.immediate(worker, leaseMs, now);
    },
    async renewLeases({ worker, leaseMs }, endpointIds) {
      renew.run(Date.now() + leaseMs, worker, JSON.stringify(endpointIds));
    },
    async releaseEndpoint(worker, endpointId) {
      release.run(worker, endpointId);
    },
    scheduled: due("d.state = 'scheduled' AND d.due_at <= +:now", "d.due_at, d.delivery_id"),
    // The query does not compare times, because the clock of the process that enqueued may differ from this
    // process's clock.
    queued: due("d.state = 'queued' AND :now > 0", "d.delivery_id"),
    async batchable(endpointId, limit) {
      return batchable.all(endpointId, limit);
    },
    async formBatch(batch) {
      return formBatch.immediate(batch);
    },
    async batchBodies(batchId) {
      return bodies.all(batchId);
    },
  };
}
