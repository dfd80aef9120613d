import type { Store } from "../store.ts";
import { createBindingStore } from "./bindings.ts";
import { createChangeStore } from "./changes.ts";
import { openDatabase } from "./connection.ts";
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
 * Opens the store in PostgreSQL 14 or later, in the schema `ingest`. Several processes may share it.
 *
 * @param onGone called once no call will succeed until the server restarts
 * @throws {StoreError} if the database is unreachable, or its schema is not one that this server can use
 */
export async function openPostgresStore(url: string, onGone: (why: Error) => void): Promise<Store> {
  const database = openDatabase(url, onGone);
  try {
    await migrate(database);
  } catch (error) {
    await database.close();
    throw error;
  }
  return {
    integrations: createIntegrationStore(database),
    bindings: createBindingStore(database),
    mappings: createMappingStore(database),
    events: createEventStore(database),
    inventory: createInventoryStore(database),
    devices: createDeviceStore(database),
    changes: createChangeStore(database),
    syncs: createSyncStore(database),
    leases: createLeaseStore(database),
    refused: createRefusedDeliveryStore(database),
    tokens: createTokenStore(database),
    maintenance: createMaintenanceStore(database),
    // One commit waits for the disk while the next is prepared. This store does not merge commits, because
    // PostgreSQL, unlike SQLite, lets concurrent transactions share a sync of the disk.
    commitsAtOnce: 2,
    close: () => database.close(),
  };
}
