import { hash } from "node:crypto";
import pg from "pg";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { BACKENDS, MIGRATED_SYSTEMS, openTestStore, SYSTEM_RECORDS } from "../../testing/stores.ts";
import { BINDING_COLUMNS, DEVICE_COLUMNS, EXPORTED_COLUMNS, INTEGRATION_TABLES } from "../rows.ts";
import { MIGRATIONS } from "./migrate.ts";

/**
 * Append the hash of a new migration. Never change an existing hash: databases in use store it as a checksum.
 */
const FROZEN = [
  "bd059d20213e55302ff277a3bf18eda50071e8d3fc0eaee73b35a651a622f520",
  "de91583f9d2bfb70ed43bb6b685bb463158f6b9c4232ee426973ad6a1234ffd7",
  "142fc64822bfd7746c3a77391b1aa55b16f945fd8dc9b8279b6990ddfb8d3e5c",
  "086a2ac61c6f8fc4d8c3b1bec21cafe6b23376e1f2f39ec1a27c4322fe30237a",
  "49af26ea84d3a99e2dc653dd6ced673cc9d255c38a3b9cb5a0c01188e3e48825",
  "b8047385965aedfc5db0a959e20b2fc005c14e43e4c15ae9581ac9fc8fbbcc05",
];

test("released migrations never change", () => {
  expect(MIGRATIONS.map((sql) => hash("sha256", sql, "hex"))).toEqual(FROZEN);
});

const postgres = BACKENDS.find(({ name }) => name === "PostgreSQL");

describe("a database", () => {
  let isAvailable = false;
  let url: string;
  beforeAll(async () => {
    isAvailable = (await postgres?.start()) ?? false;
  });
  afterAll(() => postgres?.stop());
  beforeEach(async ({ skip }) => {
    if (!isAvailable || !postgres) return skip();
    url = await postgres.database();
  });

  async function query<Row>(sql: string): Promise<readonly Row[]> {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    try {
      return (await client.query(sql)).rows;
    } finally {
      await client.end();
    }
  }
  const openAndClose = async () => (await openTestStore(url)).close();

  test("has the columns that the store uses", async () => {
    await openAndClose();
    const rows = await query<{ table_name: string; column_name: string }>(
      "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'ingest'",
    );
    const columnsOf = (table: string) =>
      rows
        .filter(({ table_name }) => table_name === table)
        .map(({ column_name }) => column_name)
        .toSorted();
    expect(columnsOf("device")).toEqual([...DEVICE_COLUMNS].toSorted());
    expect(columnsOf("binding")).toEqual([...BINDING_COLUMNS].toSorted());
    const ofIntegrations = rows.filter(({ column_name }) => column_name === "integration_id");
    expect(ofIntegrations.map(({ table_name }) => table_name).toSorted()).toEqual(
      [...Object.keys(INTEGRATION_TABLES), "integration", "event", "change"].toSorted(),
    );
    for (const [table, exported] of Object.entries(EXPORTED_COLUMNS)) {
      expect(columnsOf(table)).toEqual(expect.arrayContaining([...exported]));
    }
  });

  test("of the schema before systems gets the systems that its records already have", async () => {
    await query("CREATE SCHEMA ingest");
    await query("CREATE TABLE ingest.migration (step integer PRIMARY KEY, checksum text NOT NULL)");
    await query("ALTER TABLE ingest.migration ADD COLUMN taken_at timestamptz NOT NULL DEFAULT now()");
    for (const [index, sql] of MIGRATIONS.slice(0, 4).entries()) {
      await query(sql);
      await query(`INSERT INTO ingest.migration (step, checksum) VALUES (${index + 1}, '${FROZEN[index]}')`);
    }
    for (const [id, record] of SYSTEM_RECORDS) {
      await query(
        `INSERT INTO ingest.device (integration_id, device_id, org_id, site_id, lifecycle, recorded_at, first_seen_at)
         VALUES ('int', '${id}', 'org', 'hq', 'active', '', '')`,
      );
      await query(`INSERT INTO ingest.device_record VALUES ('int', '${id}', '${record}')`);
    }
    await openAndClose();
    expect(
      await query("SELECT device_id, system_id, system_name FROM ingest.device ORDER BY device_id"),
    ).toEqual(MIGRATED_SYSTEMS);
  });

  test("is migrated once by servers that start together", async () => {
    await Promise.all(Array.from({ length: 4 }, openAndClose));
    const rows = await query<{ step: number; checksum: string }>(
      "SELECT step, checksum FROM ingest.migration ORDER BY step",
    );
    expect(rows).toEqual(FROZEN.map((checksum, index) => ({ step: index + 1, checksum })));
  });

  test("of a newer server is refused", async () => {
    await openAndClose();
    await query(`INSERT INTO ingest.migration (step, checksum) VALUES (${FROZEN.length + 1}, 'newer')`);
    await expect(openTestStore(url)).rejects.toMatchObject({
      code: "store_gone",
      message: expect.stringContaining("Run the server version that created schema"),
    });
  });

  test("with another program's schema is refused", async () => {
    await openAndClose();
    await query("UPDATE ingest.migration SET checksum = 'other' WHERE step = 1");
    await expect(openTestStore(url)).rejects.toMatchObject({
      code: "store_gone",
      message: expect.stringContaining("Use an empty database"),
    });
  });
});
