import { isDatabaseUrl } from "../config.ts";
import { openPostgresStore } from "./postgres/open-store.ts";
import { claimFile } from "./sqlite/connection.ts";
import { openSqliteStore } from "./sqlite/open-store.ts";
import { type Store, StoreError } from "./store.ts";

/**
 * Opens a store and migrates its schema to the newest version.
 *
 * @param database a `postgres://` URL, or the path of a SQLite file
 * @param onGone called when no further call can succeed until the server restarts
 * @throws {StoreError} `store_gone` if the store cannot be opened, or its schema is newer than the schemas that this server supports
 */
export function openStore(database: string, onGone: (why: Error) => void): Promise<Store> {
  return isDatabaseUrl(database) ? openPostgresStore(database, onGone) : openSqliteStore(database, onGone);
}

/**
 * Opens the store of a server. A SQLite file has one server at a time: a second one would poll every vendor again and send
 * every change twice.
 *
 * @throws {StoreError} `store_gone` if another server uses the file, or for the reasons of {@link openStore}
 */
export async function openServerStore(database: string, onGone: (why: Error) => void): Promise<Store> {
  if (isDatabaseUrl(database)) return openStore(database, onGone);
  const release = claimFile(database);
  if (release === null) {
    throw new StoreError(
      "store_gone",
      `Another server uses the database ${database}. Stop it, or choose another file. Several servers can share a PostgreSQL database.`,
    );
  }
  try {
    const store = await openStore(database, onGone);
    return { ...store, close: () => store.close().finally(release) };
  } catch (error) {
    release();
    throw error;
  }
}
