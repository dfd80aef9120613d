import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Sqlite, { type Database } from "better-sqlite3";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createDeviceMemory, type DeviceMemory } from "./device-memory.ts";

let folder: string;
let database: Database;
let memory: DeviceMemory;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "device-memory-"));
  database = new Sqlite(join(folder, "db"));
  database.pragma("journal_mode = WAL");
  database.exec("CREATE TABLE device (last INTEGER); INSERT INTO device VALUES (1)");
  const last = database.prepare<[], number>("SELECT last FROM device").pluck();
  memory = createDeviceMemory(database, () => ({ state: null, lastStatusChange: last.get() ?? null }));
});

afterEach(() => {
  database.close();
  rmSync(folder, { recursive: true });
});

const readDevice = () => memory.device("int_a", "cam-1").lastStatusChange;

/** Runs a transaction that changes the device both in the cache and in the database. */
function change(to: number, fail?: Error): void {
  database.transaction(() => {
    memory.begin();
    memory.device("int_a", "cam-1").lastStatusChange = to;
    database.prepare("UPDATE device SET last = ?").run(to);
    if (fail) throw fail;
  })();
  memory.keep();
}

/** Starts the next transaction and reads the device. */
function readNext(): number | null {
  memory.begin();
  return readDevice();
}

test("reuses a committed device without reading it again", () => {
  change(2);
  // Changes the cache but not its version, to prove that the device is not read from the database again.
  memory.device("int_a", "cam-1").lastStatusChange = 77;
  expect(readNext()).toBe(77);
});

test.each<[string, () => void]>([
  ["this connection wrote something else", () => database.exec("UPDATE device SET last = 5")],
  [
    "another connection wrote",
    () => {
      const other = new Sqlite(join(folder, "db"));
      other.exec("UPDATE device SET last = 5");
      other.close();
    },
  ],
])("reads the device again after %s", (_, write) => {
  change(2);
  write();
  expect(readNext()).toBe(5);
});

test("forgets a change that was rolled back", () => {
  change(2);
  expect(() => change(3, new Error("no room"))).toThrow("no room");
  expect(readNext()).toBe(2);
});

test("forgets a change that was never written", () => {
  change(2);
  database
    .transaction(() => {
      memory.begin();
      memory.device("int_a", "cam-1").lastStatusChange = 3;
    })
    .immediate();
  expect(readNext()).toBe(2);
});

test("keeps devices with the same id in different integrations apart", () => {
  memory.begin();
  memory.device("int_a", "cam-1").lastStatusChange = 8;
  expect(memory.device("int_b", "cam-1").lastStatusChange).toBe(1);
  expect(memory.device("int_a", "cam-1").lastStatusChange).toBe(8);
});
