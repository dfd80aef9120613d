import type { Database } from "better-sqlite3";
import { TABLES } from "./migrations/001-tables.ts";

/** The migrations, in order. A released one never changes. */
export const MIGRATIONS: readonly string[] = [TABLES];

/** Schemas 1 and 2 were never released. Schema 3 was built from them in steps, and is what the first migration creates. */
const UNRELEASED_SCHEMAS = 2;
/** The schema that this server uses. The pragma `user_version` holds that of a database. */
const NEWEST_SCHEMA = UNRELEASED_SCHEMAS + MIGRATIONS.length;

/**
 * Migrates a database to the newest schema, in one transaction.
 *
 * @throws {Error} if its schema is newer than this server, or was never released
 */
export function migrate(database: Database): void {
  const schema = Number(database.pragma("user_version", { simple: true }));
  if (schema > NEWEST_SCHEMA) {
    throw new Error(
      `The database has schema ${schema}, but this server supports only ${NEWEST_SCHEMA}. Run the server version that wrote it, or a newer one.`,
    );
  }
  if (schema > 0 && schema <= UNRELEASED_SCHEMAS) {
    throw new Error(
      `The database has schema ${schema}, which an unreleased version of this server wrote. Move the file away, start with a new one, and create the integrations again.`,
    );
  }
  database.transaction(() => {
    for (const migration of MIGRATIONS.slice(Math.max(0, schema - UNRELEASED_SCHEMAS))) {
      database.exec(migration);
    }
    database.pragma(`user_version = ${NEWEST_SCHEMA}`);
  })();
}
