import type { OutboxStore, Settlement } from "../store.ts";
import { type GuardedPool, type PostgresClient, runInTransaction } from "./connection.ts";

/** Creates the queries that store attempts. */
export function createSettlementQueries(pool: GuardedPool, schema: string): Pick<OutboxStore, "settle"> {
  /**
   * Every transaction that changes deliveries first locks their endpoints in key
   * order, so two transactions cannot deadlock.
   */
  const LOCK = `
    SELECT FROM ${schema}.endpoint WHERE endpoint_id = ANY ($1) ORDER BY endpoint_id FOR NO KEY UPDATE
  `;
  /** A success is always stored. Any other result is stored only while the worker holds the lease. */
  const UPDATE = `
    UPDATE ${schema}.delivery d
    SET state = s.state, attempts = s.attempts, failure = s.failure, due_at = coalesce(s.due_at, d.due_at),
        settled_at = s.settled_at
    FROM unnest($1::bigint[], $2::text[], $3::text[], $4::int[], $5::text[], $6::bigint[], $7::bigint[], $8::text[],
                $9::text[]) AS s (delivery_id, batch_id, state, attempts, failure, due_at, settled_at, endpoint_id, worker)
    WHERE (d.delivery_id = s.delivery_id
          AND (d.state IN ('queued', 'scheduled') OR d.state = 'dead' AND s.state = 'delivered')
        OR d.batch_id = s.batch_id AND s.settled_at IS NOT NULL
          AND (d.state = 'batched' OR d.state = 'dead' AND s.state = 'delivered'))
      AND (s.state = 'delivered' OR EXISTS (
        SELECT FROM ${schema}.endpoint p WHERE p.endpoint_id = s.endpoint_id AND p.lease_worker = s.worker))
  `;
  const LEARN = `
    UPDATE ${schema}.endpoint p SET failures = s.failures, probe_at = s.probe_at
    FROM unnest($1::text[], $2::text[], $3::bigint[], $4::int[], $5::bigint[])
      AS s (endpoint_id, worker, registered_at, failures, probe_at)
    WHERE p.endpoint_id = s.endpoint_id AND p.lease_worker = s.worker AND p.registered_at = s.registered_at
      AND (p.failures, p.probe_at) IS DISTINCT FROM (s.failures, s.probe_at)
  `;
  const STOP = `
    WITH stopped AS (
      UPDATE ${schema}.endpoint SET state = 'stopped'
      WHERE endpoint_id = $1 AND registered_at = $2 AND state = 'active' RETURNING endpoint_id
    )
    UPDATE ${schema}.delivery d SET state = 'dead', settled_at = $3,
      attempts = CASE WHEN d.delivery_id = $4 THEN $5 ELSE d.attempts END,
      failure = CASE WHEN d.delivery_id = $4 THEN $6 ELSE 'endpoint stopped' END
    FROM stopped
    WHERE d.endpoint_id = stopped.endpoint_id AND d.state IN ('queued', 'scheduled', 'batched')
  `;

  /**
   * Stores the health of endpoints; for each endpoint, the last settlement's
   * health already includes the earlier attempts.
   */
  async function updateHealth(client: PostgresClient, settlements: readonly Settlement[]): Promise<void> {
    const last = new Map(settlements.map((each) => [each.endpointId, each]));
    const rows = [...last.values()].map(({ circuit, ...each }) => [
      each.endpointId,
      each.worker,
      each.registeredAt,
      circuit.failures,
      circuit.probeAt,
    ]);
    await client.query(LEARN, toColumns(rows, 5));
  }

  async function settle(client: PostgresClient, settlements: readonly Settlement[]): Promise<void> {
    await client.query(LOCK, [settlements.map(({ endpointId }) => endpointId)]);
    await client.query(UPDATE, toColumns(settlements.flatMap(toRow), 9));
    await updateHealth(client, settlements);
    for (const { settled, endpointId, registeredAt, now, deliveryId, attempts } of settlements) {
      if (settled.kind === "stop-endpoint")
        await client.query(STOP, [endpointId, registeredAt, now, deliveryId, attempts, settled.failure]);
    }
  }

  return { settle: (settlements) => runInTransaction(pool, (client) => settle(client, settlements)) };
}

const STATES = { delivered: "delivered", retry: "scheduled", dead: "dead" } as const;

/**
 * Lists the values for the columns of `s` in the update. A settlement that stops the
 * endpoint has no row: another statement stores it.
 */
function toRow({ settled, ...each }: Settlement): unknown[][] {
  if (settled.kind === "stop-endpoint") return [];
  const row = [
    each.deliveryId,
    each.batchId,
    STATES[settled.kind],
    each.attempts,
    settled.kind === "delivered" ? null : settled.failure,
    settled.kind === "retry" ? settled.dueAt : null,
    settled.kind === "retry" ? null : each.now,
    each.endpointId,
    each.worker,
  ];
  return [row];
}

/** Transposes rows to columns, for `unnest`. */
const toColumns = (rows: readonly (readonly unknown[])[], width: number): unknown[][] =>
  Array.from({ length: width }, (_, index) => rows.map((row) => row[index]));
