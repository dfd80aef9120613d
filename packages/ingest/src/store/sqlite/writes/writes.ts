import type { Database } from "better-sqlite3";
import { accessWrites } from "./access.ts";
import { bindingWrites } from "./bindings.ts";
import { eventWrites } from "./events.ts";
import { integrationWrites } from "./integrations.ts";
import { inventoryWrites } from "./inventory.ts";
import { leaseTable } from "./leases.ts";
import { maintenanceWrites } from "./maintenance.ts";
import { mappingWrites } from "./mappings.ts";
import { refusedWrites } from "./refused.ts";
import { syncWrites } from "./syncs.ts";

/** Everything that changes the database. Each is one transaction. */
export function writesOf(database: Database) {
  const { takeLease, releaseLease } = leaseTable(database);
  return {
    ...integrationWrites(database),
    ...bindingWrites(database),
    ...mappingWrites(database),
    ...eventWrites(database),
    ...inventoryWrites(database),
    ...syncWrites(database),
    ...refusedWrites(database),
    ...accessWrites(database),
    ...maintenanceWrites(database),
    takeLease,
    releaseLease,
  };
}

export type Writes = ReturnType<typeof writesOf>;
