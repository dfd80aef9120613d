import Sqlite, { type Database } from "better-sqlite3";
import { DeliveryError, storeFailed } from "../../errors.ts";
import type { OutboxStore } from "../store.ts";
import { deliveriesIn } from "./deliveries.ts";
import { endpointsIn } from "./endpoints.ts";
import { eventsIn } from "./events.ts";
import { migrate } from "./migrations.ts";
import { settlingIn } from "./settle.ts";

/** Where the outbox is kept. */
export interface SqliteStoreOptions {
  /** The file; made where there is none. On a disk of this machine: SQLite's locks do not hold over a network. */
  readonly path: string;
}

/**
 * Opens an outbox in a SQLite file of its own. What it commits is on disk when the commit returns. Several processes of
 * one machine may open the same file.
 *
 * @throws {DeliveryError} `store_failed`
 */
export async function createSqliteStore({ path }: SqliteStoreOptions): Promise<OutboxStore> {
  const database = openDatabase(path);
  return {
    ...eventsIn(database),
    ...endpointsIn(database),
    ...deliveriesIn(database),
    ...settlingIn(database),
    async close() {
      database.close();
    },
  };
}

function openDatabase(path: string): Database {
  // An empty path is a database that is gone when it is closed: a setting that is missing must not end there.
  if (typeof path !== "string" || path === "")
    throw new DeliveryError("invalid_option", "Give the path of a file. Is the setting missing?");
  try {
    const database = new Sqlite(path);
    database.pragma("journal_mode = WAL");
    database.pragma("synchronous = FULL");
    database.pragma("foreign_keys = ON");
    migrate(database);
    return database;
  } catch (error) {
    throw storeFailed(error);
  }
}
