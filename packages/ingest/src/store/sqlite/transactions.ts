import type { Database } from "better-sqlite3";
import { bindingWrites } from "./bindings.ts";
import { subscriberWrites } from "./changes.ts";
import { eventWrites } from "./events.ts";
import { integrationWrites } from "./integrations.ts";
import { inventoryWrites } from "./inventory.ts";
import { leaseWrites } from "./leases.ts";
import { maintenanceWrites } from "./maintenance.ts";
import { mappingWrites } from "./mappings.ts";
import { refusedDeliveryWrites } from "./refused-deliveries.ts";
import { syncWrites } from "./syncs.ts";
import { tokenWrites } from "./tokens.ts";

/** Prepares everything that writes to the database. Each function is one transaction. */
export function createTransactions(database: Database) {
  return {
    ...integrationWrites(database),
    ...bindingWrites(database),
    ...mappingWrites(database),
    ...eventWrites(database),
    ...inventoryWrites(database),
    ...subscriberWrites(database),
    ...syncWrites(database),
    ...leaseWrites(database),
    ...refusedDeliveryWrites(database),
    ...tokenWrites(database),
    ...maintenanceWrites(database),
  };
}

export type Transactions = ReturnType<typeof createTransactions>;
