import { hash } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Sqlite from "better-sqlite3";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { addIntegration, MIGRATED_SYSTEMS, openTestStore, SYSTEM_RECORDS } from "../../testing/stores.ts";
import { BINDING_COLUMNS, DEVICE_COLUMNS, EXPORTED_COLUMNS, INTEGRATION_TABLES } from "../rows.ts";
import { MIGRATIONS, migrate } from "./migrate.ts";

/**
 * Append the hash of a new migration. Never change an existing hash: its migration has created databases that
 * are in use.
 */
const FROZEN = [
  "cc5bfe944943768741306c54cf5ad5cf4cb3576b597f0163aeb97a705ee9b4d7",
  "90398ea7af15d9e912cfaf54213d685413e2fcc252afd717a7a77757f7e235b8",
  "f31b365ea32d4ed16861887856716a68957dc137a0a5b036fc68717be6564fce",
  "cae73f9ccffeb5b68c654eb1f9c6cb8bccc391842d93ac52db2840fc88ef0b2c",
  "d953df211b0e2ccd1f0e4f8895e02289a024f4200e517135ac12060058c72aa2",
];

/** Tables whose rows are not removed with their integration, and the integration itself. */
const KEPT = ["integration", "event", "change"];

test("released migrations never change", () => {
  expect(MIGRATIONS.map((sql) => hash("sha256", sql, "hex"))).toEqual(FROZEN);
});

describe("the columns that the store uses are those that the migrations create", () => {
  const database = new Sqlite(":memory:");
  migrate(database);
  const columnsOf = (table: string) =>
    database.prepare<[string], string>("SELECT name FROM pragma_table_info(?)").pluck().all(table).toSorted();

  test("for devices and bindings", () => {
    expect(columnsOf("device")).toEqual([...DEVICE_COLUMNS, "last_status_change"].toSorted());
    expect(columnsOf("binding")).toEqual([...BINDING_COLUMNS].toSorted());
  });

  test("for the removal of an integration, which keeps its events and changes", () => {
    const tables = database
      .prepare(
        "SELECT m.name FROM sqlite_schema m, pragma_table_info(m.name) c WHERE c.name = 'integration_id' AND m.type = 'table'",
      )
      .pluck()
      .all();
    expect(tables.toSorted()).toEqual([...Object.keys(INTEGRATION_TABLES), ...KEPT].toSorted());
  });

  test.each(Object.entries(EXPORTED_COLUMNS))("for the export of %s", (table, exported) => {
    expect(columnsOf(table)).toEqual(expect.arrayContaining([...exported]));
  });
});

describe("a database file", () => {
  let folder: string;
  let file: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "ingest-migrate-"));
    file = join(folder, "ingest.db");
  });
  afterEach(() => rm(folder, { recursive: true }));

  const createFile = (schema: number) => {
    const database = new Sqlite(file);
    database.exec("CREATE TABLE integration (kept TEXT)");
    database.pragma(`user_version = ${schema}`);
    database.close();
  };
  const readSchema = () => {
    const database = new Sqlite(file);
    const schema = database.pragma("user_version", { simple: true });
    const tables = database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").pluck().all();
    database.close();
    return { schema, tables };
  };

  test("is migrated once and keeps its data when it is opened again", async () => {
    const first = await openTestStore(file);
    const integrationId = await addIntegration(first);
    await first.close();
    const { schema } = readSchema();
    const second = await openTestStore(file);
    expect(await second.integrations.get(integrationId)).toMatchObject({ integrationId, revision: 1 });
    await second.close();
    expect(readSchema().schema).toBe(schema);
  });

  test("of the schema before systems gets the systems that its records already have", async () => {
    const database = new Sqlite(file);
    for (const sql of MIGRATIONS.slice(0, 3)) database.exec(sql);
    database.pragma("user_version = 5");
    for (const [id, record] of SYSTEM_RECORDS) {
      database
        .prepare(
          "INSERT INTO device (integration_id, device_id, org_id, site_id, lifecycle, recorded_at, first_seen_at) VALUES ('int', ?, 'org', 'hq', 'active', '', '')",
        )
        .run(id);
      database.prepare("INSERT INTO device_record VALUES ('int', ?, ?)").run(id, record);
    }
    migrate(database);
    const rows = database
      .prepare("SELECT device_id, system_id, system_name FROM device ORDER BY device_id")
      .all();
    expect(rows).toEqual(MIGRATED_SYSTEMS);
    database.close();
  });

  test("of the schema before profiles keeps its integrations, which serve the contract", () => {
    const database = new Sqlite(file);
    for (const sql of MIGRATIONS.slice(0, 4)) database.exec(sql);
    database.pragma("user_version = 6");
    database.exec(`INSERT INTO integration
      (integration_id, name, base_url, credential, poll_seconds, fast_poll_seconds, created_at, revision)
      VALUES ('int', 'n', 'https://vendor.example', x'00', 1, 1, '', 1)`);
    migrate(database);
    expect(database.prepare("SELECT name, profile FROM integration").all()).toEqual([
      { name: "n", profile: null },
    ]);
    database.close();
  });

  test("of a newer server is refused and not changed", async () => {
    createFile(99);
    await expect(openTestStore(file)).rejects.toMatchObject({
      code: "store_gone",
      message: expect.stringContaining("Run the server version that created schema"),
    });
    expect(readSchema()).toEqual({ schema: 99, tables: ["integration"] });
  });

  test.each([1, 2])("with the unreleased schema %i is refused and not changed", async (schema) => {
    createFile(schema);
    await expect(openTestStore(file)).rejects.toMatchObject({
      code: "store_gone",
      message: expect.stringContaining("Move the database file away"),
    });
    expect(readSchema()).toEqual({ schema, tables: ["integration"] });
  });
});
