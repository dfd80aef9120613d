import type { Database } from "better-sqlite3";
import { prepareBindingWrites } from "./bindings.ts";
import { prepareSubscriberWrites } from "./changes.ts";
import { prepareEventWrites } from "./events.ts";
import { prepareIntegrationWrites } from "./integrations.ts";
import { prepareInventoryWrites } from "./inventory.ts";
import { prepareLeaseWrites } from "./leases.ts";
import { prepareMaintenanceWrites } from "./maintenance.ts";
import { prepareMappingWrites } from "./mappings.ts";
import { prepareRefusedDeliveryWrites } from "./refused-deliveries.ts";
import { prepareSyncWrites } from "./syncs.ts";
import { prepareTokenWrites } from "./tokens.ts";

/** Prepares all functions that write to the database. Each function runs one transaction. */
export function createTransactions(database: Database) {
  return {
    ...prepareIntegrationWrites(database),
    ...prepareBindingWrites(database),
    ...prepareMappingWrites(database),
    ...prepareEventWrites(database),
    ...prepareInventoryWrites(database),
    ...prepareSubscriberWrites(database),
    ...prepareSyncWrites(database),
    ...prepareLeaseWrites(database),
    ...prepareRefusedDeliveryWrites(database),
    ...prepareTokenWrites(database),
    ...prepareMaintenanceWrites(database),
  };
}

export type Transactions = ReturnType<typeof createTransactions>;
