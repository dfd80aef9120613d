import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Sqlite, { type Database } from "better-sqlite3";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type DeviceMemory, deviceMemory } from "./device-memory.ts";

let folder: string;
let database: Database;
let memory: DeviceMemory;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "device-memory-"));
  database = new Sqlite(join(folder, "db"));
  database.pragma("journal_mode = WAL");
  database.exec("CREATE TABLE device (last INTEGER); INSERT INTO device VALUES (1)");
  const last = database.prepare<[], number>("SELECT last FROM device").pluck();
  memory = deviceMemory(database, () => ({ state: null, lastStatusChange: last.get() ?? null }));
});

afterEach(() => {
  database.close();
  rmSync(folder, { recursive: true });
});

const known = () => memory.device("int_a", "cam-1").lastStatusChange;

/** A transaction that changes the device in the memory and in the database. */
function change(to: number, fail?: Error): void {
  database.transaction(() => {
    memory.begin();
    memory.device("int_a", "cam-1").lastStatusChange = to;
    database.prepare("UPDATE device SET last = ?").run(to);
    if (fail) throw fail;
  })();
  memory.committed();
}

/** What the next transaction knows. */
function next(): number | null {
  memory.begin();
  return known();
}

test("what was committed is known without a look", () => {
  change(2);
  // Changed behind everybody's back, in a way that no version shows: so it is seen that nothing was looked up.
  memory.device("int_a", "cam-1").lastStatusChange = 77;
  expect(next()).toBe(77);
});

test.each<[string, () => void]>([
  ["another thing was written meanwhile", () => database.exec("UPDATE device SET last = 5")],
  [
    "another connection has written meanwhile",
    () => {
      const other = new Sqlite(join(folder, "db"));
      other.exec("UPDATE device SET last = 5");
      other.close();
    },
  ],
])("%s: it is looked up anew", (_, write) => {
  change(2);
  write();
  expect(next()).toBe(5);
});

test("what was undone is not known", () => {
  change(2);
  expect(() => change(3, new Error("no room"))).toThrow("no room");
  expect(next()).toBe(2);
});

test("what was undone before anything was written is not known either", () => {
  change(2);
  database
    .transaction(() => {
      memory.begin();
      memory.device("int_a", "cam-1").lastStatusChange = 3;
    })
    .immediate();
  expect(next()).toBe(2);
});

test("of two integrations' devices of one id each is its own", () => {
  memory.begin();
  memory.device("int_a", "cam-1").lastStatusChange = 8;
  expect(memory.device("int_b", "cam-1").lastStatusChange).toBe(1);
  expect(memory.device("int_a", "cam-1").lastStatusChange).toBe(8);
});
