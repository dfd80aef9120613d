import type { Database } from "better-sqlite3";
import { TABLES } from "./migrations/001-tables.ts";
import { TOKEN_CUSTOMERS } from "./migrations/002-token-customers.ts";
import { LISTINGS_IN_STEPS } from "./migrations/003-listings-in-steps.ts";
import { SYSTEMS } from "./migrations/004-systems.ts";
import { PROFILES } from "./migrations/005-profiles.ts";

/** The migrations, in order. A migration never changes after its release. */
export const MIGRATIONS: readonly string[] = [TABLES, TOKEN_CUSTOMERS, LISTINGS_IN_STEPS, SYSTEMS, PROFILES];

/**
 * Schemas 1 and 2 were never released. Schema 3 was developed from them in steps; the first migration creates
 * it directly.
 */
const UNRELEASED_SCHEMAS = 2;
/** The schema version that this server uses. A database stores its version in the pragma `user_version`. */
const NEWEST_SCHEMA = UNRELEASED_SCHEMAS + MIGRATIONS.length;

/**
 * Migrates a database to the newest schema, in one transaction.
 *
 * @throws {Error} if the database's schema is newer than this server, or was never released
 */
export function migrate(database: Database): void {
  const schema = Number(database.pragma("user_version", { simple: true }));
  if (schema > NEWEST_SCHEMA) {
    throw new Error(
      `The database has schema ${schema}, but this server supports only schema ${NEWEST_SCHEMA}. Run the server version that created schema ${schema}, or a newer version.`,
    );
  }
  if (schema > 0 && schema <= UNRELEASED_SCHEMAS) {
    throw new Error(
      `An unreleased version of this server created the database with schema ${schema}. Move the database file away, start with a new file, and create the integrations again.`,
    );
  }
  database.transaction(() => {
    for (const migration of MIGRATIONS.slice(Math.max(0, schema - UNRELEASED_SCHEMAS))) {
      database.exec(migration);
    }
    database.pragma(`user_version = ${NEWEST_SCHEMA}`);
  })();
}
