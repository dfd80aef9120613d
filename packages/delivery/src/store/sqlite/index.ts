import { closeSync, openSync } from "node:fs";
import Sqlite, { type Database } from "better-sqlite3";
import { DeliveryError, toStoreError } from "../../errors.ts";
import type { OutboxStore } from "../store.ts";
import { isDeadWorker } from "../worker-name.ts";
import { createDeliveryQueries } from "./deliveries.ts";
import { createEndpointQueries } from "./endpoints.ts";
import { createEventQueries } from "./events.ts";
import { migrate } from "./migrations.ts";
import { createSettlementQueries } from "./settle.ts";

/** Options of the SQLite store. */
export interface SqliteStoreOptions {
  /** The file, created if missing. It must be on a local disk: SQLite's locks do not work over a network. */
  readonly path: string;
}

/**
 * Opens a store in a separate SQLite file. A commit is on disk when it returns. Several processes of one machine may open the
 * same file.
 *
 * @throws {DeliveryError} `store_failed`
 */
export async function createSqliteStore({ path }: SqliteStoreOptions): Promise<OutboxStore> {
  const database = openDatabase(path);
  return {
    ...createEventQueries(database),
    ...createEndpointQueries(database),
    ...createDeliveryQueries(database),
    ...createSettlementQueries(database),
    async close() {
      database.close();
    },
  };
}

function openDatabase(path: string): Database {
  // An empty path is a missing setting. SQLite would open a temporary database for an empty path.
  if (typeof path !== "string" || path === "")
    throw new DeliveryError("invalid_option", "path is missing: check the setting that it is read from.");
  try {
    // Events name people and places, so a new file is for this user only, and SQLite copies its mode to its log.
    if (path !== ":memory:") closeSync(openSync(path, "a", 0o600));
    const database = new Sqlite(path);
    database.pragma("journal_mode = WAL");
    database.pragma("synchronous = FULL");
    database.pragma("foreign_keys = ON");
    migrate(database);
    freeDeadLeases(database);
    return database;
  } catch (error) {
    throw toStoreError(error);
  }
}

/** Ends the leases of killed processes, which would otherwise delay every delivery until the leases expire. */
function freeDeadLeases(database: Database): void {
  const free = database.prepare(
    "UPDATE endpoint SET lease_worker = NULL, lease_until = 0 WHERE lease_worker = ?",
  );
  const workers = database
    .prepare<[], string>("SELECT DISTINCT lease_worker FROM endpoint WHERE lease_worker IS NOT NULL")
    .pluck();
  for (const worker of workers.all()) if (isDeadWorker(worker, "machine")) free.run(worker);
}
