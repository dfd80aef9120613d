import { DeliveryError, storeFailed } from "../../errors.ts";
import type { OutboxStore } from "../store.ts";
import { ignoreError, type PostgresClient, type PostgresPool } from "./connection.ts";
import { deliveriesIn } from "./deliveries.ts";
import { endpointsIn } from "./endpoints.ts";
import { eventsIn } from "./events.ts";
import { migrate } from "./migrations.ts";
import { settlingIn } from "./settle.ts";

export type { PostgresClient, PostgresPool } from "./connection.ts";

/** Where the outbox is kept. */
export interface PostgresStoreOptions {
  /** A `pg.Pool`. It stays yours: end it after the outbox is closed. */
  readonly pool: PostgresPool;
  /** A schema of the outbox's own, made where there is none. Default: `webhook_outbox`. */
  readonly schema?: string;
}

/**
 * Opens an outbox in a schema of a PostgreSQL database: in the one your changes are committed to, an event can join
 * their transaction. Any number of processes may open it.
 *
 * @throws {DeliveryError} `invalid_option`, `store_failed`
 */
export async function createPostgresStore({
  pool,
  schema = "webhook_outbox",
}: PostgresStoreOptions): Promise<OutboxStore<PostgresClient>> {
  if (!/^[a-z_][a-z0-9_]{0,62}$/.test(schema))
    throw new DeliveryError(
      "invalid_option",
      "A schema's name is lower-case letters, digits and underscores.",
    );
  // A connection that breaks while idle is replaced by the pool.
  pool.on("error", ignoreError);
  try {
    await migrate(pool, schema);
  } catch (error) {
    pool.off("error", ignoreError);
    throw storeFailed(error);
  }
  return {
    ...eventsIn(pool, schema),
    ...endpointsIn(pool, schema),
    ...deliveriesIn(pool, schema),
    ...settlingIn(pool, schema),
    async close() {
      pool.off("error", ignoreError);
    },
  };
}
