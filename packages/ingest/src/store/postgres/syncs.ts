import type { LeaseStore } from "../store.ts";
import { MAX_SYNC_OUTCOMES, type SyncOutcome, type SyncState, type SyncStore } from "../sync-store.ts";
import type { Database } from "./connection.ts";

interface LastWebhook {
  readonly integration_id: string;
  readonly taken_at: string | null;
  readonly refused_at: string | null;
}

export function createSyncStore(database: Database): SyncStore {
  return {
    async state(integrationId) {
      const [row] = await database.rows<{ state: string }>(
        "SELECT state FROM ingest.sync_state WHERE integration_id = $1",
        [integrationId],
      );
      return row ? (JSON.parse(row.state) as SyncState) : null;
    },
    async states() {
      const rows = await database.rows<{ state: string }>("SELECT state FROM ingest.sync_state");
      return rows.map(({ state }) => JSON.parse(state) as SyncState);
    },
    async saveState(state) {
      await database.rows(
        `INSERT INTO ingest.sync_state (integration_id, state) VALUES ($1, $2)
         ON CONFLICT (integration_id) DO UPDATE SET state = excluded.state`,
        [state.integrationId, JSON.stringify(state)],
      );
    },
    record: (outcome) =>
      database.transaction(async (client) => {
        await client.rows("INSERT INTO ingest.sync_outcome (integration_id, outcome) VALUES ($1, $2)", [
          outcome.integrationId,
          JSON.stringify(outcome),
        ]);
        await client.rows(
          `DELETE FROM ingest.sync_outcome WHERE integration_id = $1 AND sequence <= (
             SELECT sequence FROM ingest.sync_outcome WHERE integration_id = $1
             ORDER BY sequence DESC LIMIT 1 OFFSET ${MAX_SYNC_OUTCOMES})`,
          [outcome.integrationId],
        );
      }),
    async outcomes(integrationId, limit) {
      const rows = await database.rows<{ outcome: string }>(
        "SELECT outcome FROM ingest.sync_outcome WHERE integration_id = $1 ORDER BY sequence DESC LIMIT $2",
        [integrationId, limit],
      );
      return rows.map(({ outcome }) => JSON.parse(outcome) as SyncOutcome);
    },
    async lastWebhooks() {
      const rows = await database.rows<LastWebhook>(
        "SELECT integration_id, taken_at, refused_at FROM ingest.last_webhook",
      );
      return new Map(
        rows.map((row) => [row.integration_id, { takenAt: row.taken_at, refusedAt: row.refused_at }]),
      );
    },
  };
}

/** Measures leases by the database's clock, so that the clocks of the processes need not agree. */
export function createLeaseStore(database: Database): LeaseStore {
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
