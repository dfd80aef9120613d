import type { Store } from "../store.ts";
import { leasesIn, refusedIn, tokensIn } from "./access.ts";
import { bindingsIn } from "./bindings.ts";
import { changesIn } from "./changes.ts";
import { openDatabase } from "./connection.ts";
import { devicesIn } from "./devices.ts";
import { eventsIn } from "./events.ts";
import { integrationsIn } from "./integrations.ts";
import { inventoryIn } from "./inventory.ts";
import { maintenanceIn } from "./maintenance.ts";
import { mappingsIn } from "./mappings.ts";
import { migrate } from "./migrate.ts";
import { syncsIn } from "./syncs.ts";

/**
 * Opens the store in PostgreSQL 14 or later, in a schema of its own. Any number of processes may share it.
 *
 * @param url of the database
 * @param onGone told when nothing will succeed before a restart
 * @throws {StoreError} where the database cannot be reached, or is newer than this server
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
    integrations: integrationsIn(database),
    bindings: bindingsIn(database),
    mappings: mappingsIn(database),
    events: eventsIn(database),
    inventory: inventoryIn(database),
    devices: devicesIn(database),
    changes: changesIn(database),
    syncs: syncsIn(database),
    leases: leasesIn(database),
    refused: refusedIn(database),
    tokens: tokensIn(database),
    maintenance: maintenanceIn(database),
    // While one waits for the disk, the other is being prepared.
    commitsAtOnce: 2,
    close: () => database.close(),
  };
}
