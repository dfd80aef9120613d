import type { Database } from "better-sqlite3";
import { FIRST } from "./migrations/001-first.ts";
import { CUSTOMERS } from "./migrations/002-customers.ts";
import { HISTORIES } from "./migrations/003-histories.ts";

/** Each step of the schema, in order, never changed once released: `user_version` counts those that were taken. */
const MIGRATIONS: readonly string[] = [FIRST, CUSTOMERS, HISTORIES];

/**
 * Brings a database to the newest schema, all the way or not at all.
 *
 * @throws {Error} where it is newer than this server: going back would lose what the newer one wrote
 */
export function migrate(database: Database): void {
  const taken = Number(database.pragma("user_version", { simple: true }));
  if (taken > MIGRATIONS.length) {
    throw new Error(
      `The database has schema ${taken}, and this server knows ${MIGRATIONS.length}: run the server that wrote it, or a newer one.`,
    );
  }
  database.transaction(() => {
    for (const migration of MIGRATIONS.slice(taken)) database.exec(migration);
    database.pragma(`user_version = ${MIGRATIONS.length}`);
  })();
}
