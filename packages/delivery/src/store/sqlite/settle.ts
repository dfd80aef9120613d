import type { Database } from "better-sqlite3";
import type { OutboxStore, Settlement } from "../store.ts";

/** Creates the queries that store attempts. */
export function createSettlementQueries(database: Database): Pick<OutboxStore, "settle"> {
  const holds = database
    .prepare<[string, string], number>("SELECT 1 FROM endpoint WHERE endpoint_id = ? AND lease_worker = ?")
    .pluck();
  const update = database.prepare(`
    UPDATE delivery SET state = :state, attempts = :attempts, failure = :failure,
      due_at = coalesce(:dueAt, due_at), settled_at = :settledAt
    WHERE delivery_id = :deliveryId
      AND (state IN ('queued', 'scheduled') OR state = 'dead' AND :state = 'delivered')
  `);
  const updateBatch = database.prepare(`
    UPDATE delivery SET state = :state, attempts = :attempts, failure = :failure, settled_at = :settledAt
    WHERE batch_id = :batchId AND (state = 'batched' OR state = 'dead' AND :state = 'delivered')
  `);
  const updateHealth = database.prepare(`
    UPDATE endpoint SET failures = :failures, probe_at = :probeAt
    WHERE endpoint_id = :endpointId AND registered_at = :registeredAt
      AND (failures <> :failures OR probe_at <> :probeAt)
  `);
  const stop = database.prepare(
    "UPDATE endpoint SET state = 'stopped' WHERE endpoint_id = ? AND registered_at = ? AND state = 'active'",
  );
  const markDead = database.prepare(`
    UPDATE delivery SET state = 'dead', failure = 'endpoint stopped', settled_at = ?
    WHERE endpoint_id = ? AND state IN ('queued', 'scheduled', 'batched')
  `);

  function write({ settled, deliveryId, batchId, attempts, now }: Settlement): void {
    const failure = settled.kind === "delivered" ? null : settled.failure;
    const state =
      settled.kind === "retry" ? "scheduled" : settled.kind === "delivered" ? "delivered" : "dead";
    const settledAt = settled.kind === "retry" ? null : now;
    const dueAt = settled.kind === "retry" ? settled.dueAt : null;
    update.run({ state, attempts, failure, dueAt, settledAt, deliveryId });
    if (batchId !== null && settledAt !== null)
      updateBatch.run({ state, attempts, failure, settledAt, batchId });
  }

  function settleOne(settlement: Settlement): void {
    const { settled, endpointId, worker, registeredAt, circuit, now } = settlement;
    if (settled.kind === "stop-endpoint") {
      // The endpoint was registered again after this attempt, so the 410 is about the previous registration.
      if (stop.run(endpointId, registeredAt).changes === 0) return;
      write(settlement);
      markDead.run(now, endpointId);
      return;
    }
    if (settled.kind !== "delivered" && holds.get(endpointId, worker) === undefined) return;
    write(settlement);
    updateHealth.run({ ...circuit, endpointId, registeredAt });
  }

  const settleAll = database.transaction((settlements: readonly Settlement[]) => {
    for (const settlement of settlements) settleOne(settlement);
  });
  return {
    async settle(settlements) {
      settleAll.immediate(settlements);
    },
  };
}
