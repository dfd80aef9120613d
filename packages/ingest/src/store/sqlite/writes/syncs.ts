import type { Database } from "better-sqlite3";
import type { SyncOutcome, SyncState } from "../../sync-store.ts";

const MOST_OUTCOMES = 100;

/** Makes the transactions about syncs. */
export function syncWrites(database: Database) {
  const upsert = database.prepare("INSERT OR REPLACE INTO sync_state (integration_id, state) VALUES (?, ?)");
  const insert = database.prepare("INSERT INTO sync_outcome (integration_id, outcome) VALUES (?, ?)");
  const bound = database.prepare(`
    DELETE FROM sync_outcome WHERE integration_id = :integration AND sequence <= (
      SELECT sequence FROM sync_outcome WHERE integration_id = :integration
      ORDER BY sequence DESC LIMIT 1 OFFSET ${MOST_OUTCOMES})`);
  return {
    saveSyncState(state: SyncState): void {
      upsert.run(state.integrationId, JSON.stringify(state));
    },
    recordSync: database.transaction((outcome: SyncOutcome) => {
      insert.run(outcome.integrationId, JSON.stringify(outcome));
      bound.run({ integration: outcome.integrationId });
    }),
  };
}
