import { DeliveryError, toStoreError } from "../../errors.ts";
import type { OutboxStore } from "../store.ts";
import { isDeadWorker } from "../worker-name.ts";
import {
  type GuardedPool,
  guardPool,
  ignoreError,
  type PostgresClient,
  type PostgresPool,
  queryRows,
  watchConnection,
} from "./connection.ts";
import { createDeliveryQueries } from "./deliveries.ts";
import { createEndpointQueries } from "./endpoints.ts";
import { createEventQueries } from "./events.ts";
import { migrate } from "./migrations.ts";
import { createSettlementQueries } from "./settle.ts";

export type { PostgresClient, PostgresPool } from "./connection.ts";

/** Options of the PostgreSQL store. */
export interface PostgresStoreOptions {
  /**
   * A `pg.Pool`. You own it: end it after the outbox is closed. Set its `connectionTimeoutMillis`, so that
   * connections to a silent host do not fill it.
   */
  readonly pool: PostgresPool;
  /** A schema only for the outbox, created if missing. Default: `webhook_outbox`. */
  readonly schema?: string;
  /** How many seconds the database may take for a connection or a query, except for long queries. Default: 5. */
  readonly timeoutSeconds?: number;
}

/** The time limit for a query that may change many rows, such as a replay. */
const SLOW_MS = 600_000;

/**
 * Opens a store in a schema of a PostgreSQL database. If the schema is in your own database, an event can
 * join your transaction. Any number of processes may open the store.
 *
 * @throws {DeliveryError} `invalid_option`, `store_failed`
 */
export async function createPostgresStore({
  pool,
  schema = "webhook_outbox",
  timeoutSeconds = 5,
}: PostgresStoreOptions): Promise<OutboxStore<PostgresClient>> {
  if (!/^[a-z_][a-z0-9_]{0,62}$/.test(schema))
    throw new DeliveryError("invalid_option", "schema must be lower-case letters, digits and underscores.");
  if (!(timeoutSeconds >= 0.05 && timeoutSeconds <= 300))
    throw new DeliveryError("invalid_option", "timeoutSeconds must be from 0.05 to 300.");
  const quick = guardPool(pool, timeoutSeconds * 1000);
  const slow = guardPool(pool, timeoutSeconds * 1000, SLOW_MS);
  // The pool itself replaces a connection that breaks while idle.
  pool.on("error", ignoreError);
  pool.on("connect", watchConnection);
  const unwatch = () => {
    pool.off("error", ignoreError);
    pool.off("connect", watchConnection);
  };
  try {
    await migrate(slow, schema);
    await freeDeadLeases(quick, schema);
  } catch (error) {
    unwatch();
    throw toStoreError(error);
  }
  return {
    ...createEventQueries(quick, slow, schema),
    ...createEndpointQueries(quick, slow, schema),
    ...createDeliveryQueries(quick, schema),
    ...createSettlementQueries(quick, schema),
    async close() {
      unwatch();
    },
  };
}

/** Ends the leases of killed processes of this machine, so that after a restart delivery continues at once. */
async function freeDeadLeases(pool: GuardedPool, schema: string): Promise<void> {
  const held = await queryRows<{ worker: string }>(
    pool,
    `SELECT DISTINCT lease_worker AS worker FROM ${schema}.endpoint WHERE lease_until > clock_timestamp()`,
    [],
  );
  const dead = held.map(({ worker }) => worker).filter((worker) => isDeadWorker(worker, "anywhere"));
  if (dead.length === 0) return;
  await pool.query(
    `UPDATE ${schema}.endpoint SET lease_worker = NULL, lease_until = '-infinity' WHERE lease_worker = ANY ($1)`,
    [dead],
  );
}
