import { DeliveryError, toStoreError } from "../../errors.ts";
import type { OutboxStore } from "../store.ts";
import { ignoreError, type PostgresClient, type PostgresPool } from "./connection.ts";
import { createDeliveryQueries } from "./deliveries.ts";
import { createEndpointQueries } from "./endpoints.ts";
import { createEventQueries } from "./events.ts";
import { migrate } from "./migrations.ts";
import { createSettlementQueries } from "./settle.ts";

export type { PostgresClient, PostgresPool } from "./connection.ts";

/** Options of the PostgreSQL store. */
export interface PostgresStoreOptions {
  /** A `pg.Pool`. You own it: end it after the outbox is closed. */
  readonly pool: PostgresPool;
  /** A schema only for the outbox, created if missing. Default: `webhook_outbox`. */
  readonly schema?: string;
}

/**
 * Opens a store in a schema of a PostgreSQL database. If the schema is in your own database, an event can
 * join your transaction. Any number of processes may open the store.
 *
 * @throws {DeliveryError} `invalid_option`, `store_failed`
 */
export async function createPostgresStore({
  pool,
  schema = "webhook_outbox",
}: PostgresStoreOptions): Promise<OutboxStore<PostgresClient>> {
  if (!/^[a-z_][a-z0-9_]{0,62}$/.test(schema))
    throw new DeliveryError("invalid_option", "schema must be lower-case letters, digits and underscores.");
  // The pool itself replaces a connection that breaks while idle.
  pool.on("error", ignoreError);
  try {
    await migrate(pool, schema);
  } catch (error) {
    pool.off("error", ignoreError);
    throw toStoreError(error);
  }
  return {
    ...createEventQueries(pool, schema),
    ...createEndpointQueries(pool, schema),
    ...createDeliveryQueries(pool, schema),
    ...createSettlementQueries(pool, schema),
    async close() {
      pool.off("error", ignoreError);
    },
  };
}
