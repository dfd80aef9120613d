import { hash } from "node:crypto";
import { StoreError } from "../store.ts";
import { type Database, SCHEMA_LOCK } from "./connection.ts";
import { TABLES } from "./migrations/001-tables.ts";
import { DEVICE_PLACE_INDEX } from "./migrations/002-device-place-index.ts";
import { TOKEN_CUSTOMERS } from "./migrations/003-token-customers.ts";
import { LISTINGS_IN_STEPS } from "./migrations/004-listings-in-steps.ts";
import { SYSTEMS } from "./migrations/005-systems.ts";
import { PROFILES } from "./migrations/006-profiles.ts";
import type { Client } from "./transaction.ts";

/** The migrations, in order. A migration never changes after its release. */
export const MIGRATIONS: readonly string[] = [
  TABLES,
  DEVICE_PLACE_INDEX,
  TOKEN_CUSTOMERS,
  LISTINGS_IN_STEPS,
  SYSTEMS,
  PROFILES,
];

const toChecksum = (sql: string): string => hash("sha256", sql, "hex");

/** A migration that was applied to the database. */
interface Applied {
  readonly step: number;
  readonly checksum: string;
}

async function listApplied(client: Client): Promise<readonly Applied[]> {
  const [table] = await client.rows<{ exists: boolean }>(
    `SELECT to_regclass('ingest.migration') IS NOT NULL AS "exists"`,
  );
  return table?.exists
    ? client.rows<Applied>("SELECT step, checksum FROM ingest.migration ORDER BY step")
    : [];
}

function requireKnown(applied: readonly Applied[]): void {
  if (applied.length > MIGRATIONS.length)
    throw new StoreError(
      "store_gone",
      `The database has schema ${applied.length}, but this server supports only schema ${MIGRATIONS.length}. Run the server version that created schema ${applied.length}, or a newer version.`,
    );
  for (const { step, checksum } of applied) {
    if (checksum === toChecksum(MIGRATIONS[step - 1] ?? "")) continue;
    throw new StoreError(
      "store_gone",
      `Migration ${step} of the database differs from migration ${step} of this server, so another program created the schema. Use an empty database.`,
    );
  }
}

/**
 * Migrates the schema to the newest version. If several processes start at the same time, one of them
 * migrates and the others wait.
 *
 * @throws {StoreError} `store_gone` if the schema is newer than the schemas that this server supports,
 *   or was created by another program
 */
export async function migrate(database: Database): Promise<void> {
  const applied = await listApplied(database);
  requireKnown(applied);
  // Returns early, so that an up-to-date schema needs no privilege to change it.
  if (applied.length === MIGRATIONS.length) return;
  await database.transaction(async (client) => {
    await client.rows("SELECT pg_advisory_xact_lock($1, 0)", [SCHEMA_LOCK]);
    await client.rows("CREATE SCHEMA IF NOT EXISTS ingest");
    await client.rows(
      "CREATE TABLE IF NOT EXISTS ingest.migration (step integer PRIMARY KEY, checksum text NOT NULL, taken_at timestamptz NOT NULL DEFAULT now())",
    );
    const before = await listApplied(client);
    requireKnown(before);
    for (const [index, sql] of MIGRATIONS.entries()) {
      if (index < before.length) continue;
      await client.rows(sql);
      await client.rows("INSERT INTO ingest.migration (step, checksum) VALUES ($1, $2)", [
        index + 1,
        toChecksum(sql),
      ]);
    }
  });
}
