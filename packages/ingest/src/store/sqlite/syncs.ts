import type { Database } from "better-sqlite3";
import { MAX_SYNC_OUTCOMES, type SyncOutcome, type SyncState, type SyncStore } from "../sync-store.ts";

type Reads = Pick<SyncStore, "state" | "states" | "outcomes" | "lastWebhooks">;

interface LastWebhook {
  readonly integrationId: string;
  readonly takenAt: string | null;
  readonly refusedAt: string | null;
}

export function prepareSyncReads(database: Database): Reads {
  const state = database
    .prepare<[string], string>("SELECT state FROM sync_state WHERE integration_id = ?")
    .pluck();
  const states = database.prepare<[], string>("SELECT state FROM sync_state").pluck();
  const outcomes = database
    .prepare<[string, number], string>(
      "SELECT outcome FROM sync_outcome WHERE integration_id = ? ORDER BY sequence DESC LIMIT ?",
    )
    .pluck();
  const webhooks = database.prepare<[], LastWebhook>(
    "SELECT integration_id AS integrationId, taken_at AS takenAt, refused_at AS refusedAt FROM last_webhook",
  );
  return {
    async state(integrationId) {
      const stored = state.get(integrationId);
      return stored === undefined ? null : (JSON.parse(stored) as SyncState);
    },
    states: async () => states.all().map((stored) => JSON.parse(stored) as SyncState),
    outcomes: async (integrationId, limit) =>
      outcomes.all(integrationId, limit).map((outcome) => JSON.parse(outcome) as SyncOutcome),
    lastWebhooks: async () =>
      new Map(webhooks.all().map(({ integrationId, ...times }) => [integrationId, times])),
  };
}

export function prepareSyncWrites(database: Database) {
  const upsert = database.prepare("INSERT OR REPLACE INTO sync_state (integration_id, state) VALUES (?, ?)");
  const insert = database.prepare("INSERT INTO sync_outcome (integration_id, outcome) VALUES (?, ?)");
  const deleteOldest = database.prepare(`
    DELETE FROM sync_outcome WHERE integration_id = :integrationId AND sequence <= (
      SELECT sequence FROM sync_outcome WHERE integration_id = :integrationId
      ORDER BY sequence DESC LIMIT 1 OFFSET ${MAX_SYNC_OUTCOMES})`);
  return {
    saveSyncState(state: SyncState): void {
      upsert.run(state.integrationId, JSON.stringify(state));
    },
    recordSync: database.transaction((outcome: SyncOutcome) => {
      insert.run(outcome.integrationId, JSON.stringify(outcome));
      deleteOldest.run({ integrationId: outcome.integrationId });
    }),
  };
}

/**
 * Measures leases by the writer thread's clock, because all processes that use one file run on one machine.
 */
export function prepareLeaseWrites(database: Database) {
  const take = database.prepare(`
    INSERT INTO lease (name, owner, until) VALUES (:name, :owner, unixepoch('subsec') + :seconds)
    ON CONFLICT DO UPDATE SET owner = excluded.owner, until = excluded.until
    WHERE owner = excluded.owner OR until <= unixepoch('subsec')`);
  const release = database.prepare("DELETE FROM lease WHERE name = ? AND owner = ?");
  return {
    takeLease: (name: string, owner: string, seconds: number): boolean =>
      take.run({ name, owner, seconds }).changes === 1,
    releaseLease(name: string, owner: string): void {
      release.run(name, owner);
    },
  };
}

/** Creates a function that returns whether an owner holds a lease. */
export function prepareLeaseCheck(database: Database): (name: string, owner: string) => boolean {
  const has = database
    .prepare<[string, string], number>(
      "SELECT 1 FROM lease WHERE name = ? AND owner = ? AND until > unixepoch('subsec')",
    )
    .pluck();
  return (name, owner) => has.get(name, owner) === 1;
}
