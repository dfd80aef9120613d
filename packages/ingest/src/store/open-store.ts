import { isDatabaseUrl } from "../config.ts";
import { openPostgresStore } from "./postgres/postgres-store.ts";
import { openSqliteStore } from "./sqlite/sqlite-store.ts";
import type { Store } from "./store.ts";

/**
 * Opens a store, and brings its schema to the newest.
 *
 * @param database a `postgres://` URL, or the path of a SQLite file
 * @param onGone told when nothing can be stored before a restart
 * @throws {StoreError} `store_gone` where it cannot be opened, or is newer than this server
 */
export function openStore(database: string, onGone: (why: Error) => void): Promise<Store> {
  return isDatabaseUrl(database) ? openPostgresStore(database, onGone) : openSqliteStore(database, onGone);
}
