import { type Store, StoreError } from "../store.ts";
import { createBindingStore } from "./bindings.ts";
import { createChangeStore } from "./changes.ts";
import { type Database, DEFAULT_LIMITS, openDatabase } from "./connection.ts";
import { createDeviceStore } from "./devices.ts";
import { createEventStore } from "./events.ts";
import { createIntegrationStore } from "./integrations.ts";
import { createInventoryStore } from "./inventory.ts";
import { createMaintenanceStore } from "./maintenance.ts";
import { createMappingStore } from "./mappings.ts";
import { migrate } from "./migrate.ts";
import { createRefusedDeliveryStore } from "./refused-deliveries.ts";
import { createLeaseStore, createSyncStore } from "./syncs.ts";
import { createTokenStore } from "./tokens.ts";

/**
 * Checks that transactions work, because a pooler can exclude them.
 *
 * @throws {StoreError} `store_gone`; `unavailable` if the database cannot be reached
 */
async function requireTransactions(database: Database): Promise<void> {
  await database.rows("SELECT 1");
  try {
    await database.transaction(async (client) => client.rows("SELECT 1"));
  } catch (error) {
    throw new StoreError(
      "store_gone",
      `The database cannot run a transaction. If a pooler is in between, set its pool_mode to transaction or session. ${(error as Error).message}`,
      { cause: error },
    );
  }
}

/**
 * Opens the store in PostgreSQL 14 or later, in the schema `ingest`. Several processes may share it. A pooler
 * such as PgBouncer may be in between, in transaction or session mode.
 *
 * @param onGone called when no further call can succeed until the server restarts
 * @throws {StoreError} if the database is unreachable, or its schema is not one that this server can use
 */
export async function openPostgresStore(
  url: string,
  onGone: (why: Error) => void,
  limits = DEFAULT_LIMITS,
): Promise<Store> {
  const database = openDatabase(url, onGone, limits);
  try {
    await requireTransactions(database);
    await migrate(database);
  } catch (error) {
    await database.close();
    throw error;
  }
  return {
    integrations: createIntegrationStore(database),
    bindings: createBindingStore(database),
    mappings: createMappingStore(database),
    events: createEventStore(database, limits.commitMs),
    inventory: createInventoryStore(database),
    devices: createDeviceStore(database),
    changes: createChangeStore(database),
    syncs: createSyncStore(database),
    leases: createLeaseStore(database),
    refused: createRefusedDeliveryStore(database, limits.commitMs),
    tokens: createTokenStore(database),
    maintenance: createMaintenanceStore(database),
    // One commit waits for the disk while the next is prepared. This store does not merge commits, because
    // PostgreSQL, unlike SQLite, lets concurrent transactions share a sync of the disk.
    commitsAtOnce: 2,
    close: () => database.close(),
  };
}
