import { createHash } from "node:crypto";
import { StoreError } from "../store-error.ts";
import type { Client, Database } from "./connection.ts";
import { SCHEMA_LOCK } from "./locks.ts";
import { TABLES } from "./migrations/001-tables.ts";
import { ONE_WAY_TO_A_DEVICE } from "./migrations/002-one-way-to-a-device.ts";

/** Each step of the schema, in order, never changed once released. */
const MIGRATIONS: readonly string[] = [TABLES, ONE_WAY_TO_A_DEVICE];

const checksum = (sql: string): string => createHash("sha256").update(sql).digest("hex");

interface Taken {
  readonly step: number;
  readonly checksum: string;
}

async function takenSteps(client: Client): Promise<Taken[]> {
  const [schema] = await client.rows<{ there: boolean }>(
    "SELECT to_regclass('ingest.migration') IS NOT NULL AS there",
  );
  return schema?.there ? client.rows<Taken>("SELECT step, checksum FROM ingest.migration ORDER BY step") : [];
}

function requireKnown(taken: readonly Taken[]): void {
  if (taken.length > MIGRATIONS.length)
    throw new StoreError(
      "store_gone",
      `The database has schema ${taken.length}, and this server knows ${MIGRATIONS.length}: run the server that wrote it, or a newer one.`,
    );
  for (const { step, checksum: was } of taken) {
    if (was === checksum(MIGRATIONS[step - 1] ?? "")) continue;
    throw new StoreError(
      "store_gone",
      `Step ${step} of the database's schema is not the one that this server knows: it was written by another one. Use an empty database.`,
    );
  }
}

/**
 * Brings the schema to the newest. Of several processes that start at once, one does it, and the others wait for it.
 *
 * @throws {StoreError} `store_gone` where the schema is newer than this server, or another's
 */
export async function migrate(database: Database): Promise<void> {
  const taken = await takenSteps(database);
  requireKnown(taken);
  // Nothing to do needs no right to change the schema.
  if (taken.length === MIGRATIONS.length) return;
  await database.transaction(async (client) => {
    await client.rows("SELECT pg_advisory_xact_lock($1, 0)", [SCHEMA_LOCK]);
    await client.rows("CREATE SCHEMA IF NOT EXISTS ingest");
    await client.rows(
      "CREATE TABLE IF NOT EXISTS ingest.migration (step integer PRIMARY KEY, checksum text NOT NULL, taken_at timestamptz NOT NULL DEFAULT now())",
    );
    const before = await takenSteps(client);
    requireKnown(before);
    for (const [index, sql] of MIGRATIONS.entries()) {
      if (index < before.length) continue;
      await client.rows(sql);
      await client.rows("INSERT INTO ingest.migration (step, checksum) VALUES ($1, $2)", [
        index + 1,
        checksum(sql),
      ]);
    }
  });
}
