import { isDatabaseUrl } from "../config.ts";
import { openPostgresStore } from "./postgres/open-store.ts";
import { openSqliteStore } from "./sqlite/open-store.ts";
import type { Store } from "./store.ts";

/**
 * Opens a store and migrates its schema to the newest version.
 *
 * @param database a `postgres://` URL, or the path of a SQLite file
 * @param onGone called once no call will succeed until the server restarts
 * @throws {StoreError} `store_gone` if the store cannot be opened, or its schema is newer than the schemas that this server supports
 */
export function openStore(database: string, onGone: (why: Error) => void): Promise<Store> {
  return isDatabaseUrl(database) ? openPostgresStore(database, onGone) : openSqliteStore(database, onGone);
}
