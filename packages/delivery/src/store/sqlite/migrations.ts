import type { Database } from "better-sqlite3";

/** The steps of the schema in order, frozen once released; `user_version` counts the applied ones. */
const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE endpoint (
    endpoint_id TEXT PRIMARY KEY,
    owner TEXT,
    url TEXT NOT NULL,
    org_ids TEXT,
    event_types TEXT,
    batch TEXT,
    secrets BLOB NOT NULL,
    state TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    registered_at INTEGER NOT NULL,
    failures INTEGER NOT NULL,
    probe_at INTEGER NOT NULL,
    lease_worker TEXT,
    lease_until INTEGER NOT NULL DEFAULT 0
  ) STRICT;

  CREATE TABLE event (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    event_id TEXT NOT NULL UNIQUE,
    org_id TEXT NOT NULL,
    type TEXT NOT NULL,
    order_key TEXT,
    body TEXT NOT NULL,
    bytes INTEGER NOT NULL,
    -- The only endpoint to send it to; NULL for every subscribed endpoint.
    endpoint_id TEXT,
    kept_at INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX event_kept_at ON event (kept_at);

  -- No foreign key to the endpoint: deleting one must not wait for transactions that enqueue.
  CREATE TABLE delivery (
    delivery_id INTEGER PRIMARY KEY AUTOINCREMENT,
    endpoint_id TEXT NOT NULL,
    sequence INTEGER NOT NULL REFERENCES event ON DELETE CASCADE,
    state TEXT NOT NULL DEFAULT 'queued',
    batch_id TEXT,
    attempts INTEGER NOT NULL DEFAULT 0,
    due_at INTEGER NOT NULL,
    failure TEXT,
    settled_at INTEGER,
    UNIQUE (sequence, endpoint_id)
  ) STRICT;
  CREATE INDEX delivery_due ON delivery (endpoint_id, state, due_at, delivery_id);
  CREATE INDEX delivery_queued ON delivery (endpoint_id, delivery_id) WHERE state = 'queued';
  CREATE INDEX delivery_batch ON delivery (batch_id) WHERE batch_id IS NOT NULL;
  `,
];

/** Applies missing migrations. */
export function migrate(database: Database): void {
  // If several processes start, the one that gets the lock first applies the migrations.
  database
    .transaction(() => {
      const taken = Number(database.pragma("user_version", { simple: true }));
      for (const step of MIGRATIONS.slice(taken)) database.exec(step);
      if (taken < MIGRATIONS.length) database.pragma(`user_version = ${MIGRATIONS.length}`);
    })
    .immediate();
}
