import { type GuardedPool, queryRows, runInTransaction } from "./connection.ts";

/** The steps of the schema in order, frozen once released; the table `migration` lists the applied ones. */
const MIGRATIONS: readonly ((schema: string) => string)[] = [
  (schema) => `
  CREATE TABLE ${schema}.endpoint (
    endpoint_id text PRIMARY KEY,
    owner text,
    url text NOT NULL,
    org_ids text[],
    event_types text[],
    batch jsonb,
    secrets bytea NOT NULL,
    state text NOT NULL,
    created_at bigint NOT NULL,
    registered_at bigint NOT NULL,
    failures integer NOT NULL,
    probe_at bigint NOT NULL,
    lease_worker text,
    lease_until timestamptz NOT NULL DEFAULT '-infinity'
  );

  CREATE TABLE ${schema}.event (
    sequence bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    event_id text NOT NULL UNIQUE,
    org_id text NOT NULL,
    type text NOT NULL,
    order_key text,
    body text NOT NULL,
    bytes integer NOT NULL,
    -- The only endpoint to send it to; NULL for every subscribed endpoint.
    endpoint_id text,
    kept_at bigint NOT NULL
  );
  CREATE INDEX event_kept_at ON ${schema}.event (kept_at);

  -- No foreign key to the endpoint: deleting one must not wait for transactions that enqueue.
  CREATE TABLE ${schema}.delivery (
    delivery_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    endpoint_id text NOT NULL,
    sequence bigint NOT NULL REFERENCES ${schema}.event ON DELETE CASCADE,
    state text NOT NULL DEFAULT 'queued',
    batch_id text,
    attempts integer NOT NULL DEFAULT 0,
    due_at bigint NOT NULL,
    failure text,
    settled_at bigint,
    UNIQUE (sequence, endpoint_id)
  );
  CREATE INDEX delivery_due ON ${schema}.delivery (endpoint_id, state, due_at, delivery_id);
  CREATE INDEX delivery_queued ON ${schema}.delivery (endpoint_id, delivery_id) WHERE state = 'queued';
  CREATE INDEX delivery_batch ON ${schema}.delivery (batch_id) WHERE batch_id IS NOT NULL;
  `,
];

/** An arbitrary number that no other software locks: the bytes of "outb". */
const MIGRATION_LOCK = 0x6f757462;

/** Applies missing migrations; if several processes start concurrently, only one applies them. */
export async function migrate(pool: GuardedPool, schema: string): Promise<void> {
  await runInTransaction(pool, async (client) => {
    await client.query("SELECT pg_advisory_xact_lock($1)", [MIGRATION_LOCK]);
    await client.query(`CREATE SCHEMA IF NOT EXISTS ${schema}`);
    await client.query(`CREATE TABLE IF NOT EXISTS ${schema}.migration (step integer PRIMARY KEY)`);
    const taken = await queryRows<{ step: number }>(client, `SELECT step FROM ${schema}.migration`, []);
    for (const [step, sql] of MIGRATIONS.entries()) {
      if (taken.some((each) => each.step === step)) continue;
      await client.query(sql(schema));
      await client.query(`INSERT INTO ${schema}.migration VALUES ($1)`, [step]);
    }
  });
}
