import { join } from "node:path";
import Sqlite from "better-sqlite3";
import { afterEach, expect, test } from "vitest";
import { startOnboarded } from "../testing/onboarded.ts";
import { startServer, temporaryDirectory } from "../testing/running-server.ts";
import { listed } from "../testing/stand-in-vendor.ts";
import { createTestClock } from "../testing/test-clock.ts";

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

/**
 * Restarts a server `hours` after its last sync. The inventory has one device, and the poll interval is one
 * hour.
 */
async function restartAfter(hours: number) {
  const directory = await temporaryDirectory();
  closers.push(directory.remove);
  const database = join(directory.path, "ingest.db");
  const { server, vendor } = await startOnboarded({
    settings: { database },
    prepare: (prepared) => {
      prepared.devices = [listed("cam-1")];
    },
  });
  await server.close();
  closers.push(() => vendor.close());
  const sqlite = new Sqlite(database);
  const nextAt = new Date(Date.now() + (1 - hours) * 3_600_000).toISOString();
  sqlite
    .prepare("UPDATE sync_state SET state = json_set(state, '$.nextAt', ?, '$.waitSeconds', 3600)")
    .run(nextAt);
  sqlite.close();
  vendor.devices = [listed("cam-1"), listed("cam-2")];
  vendor.calls.splice(0);
  const clock = createTestClock();
  const restarted = await startServer({ database, encryptionKey: server.encryptionKey, clock });
  closers.push(() => restarted.close());
  const countDevices = async () => (await restarted.get("/v1/devices")).body.data.length as number;
  return { clock, vendor, countDevices };
}

test("polls at once after a restart if a poll fell due meanwhile", async () => {
  const { countDevices } = await restartAfter(2);
  await expect.poll(countDevices).toBe(2);
});

test("polls at once if the clock was years ahead at the last poll and has been corrected", async () => {
  const { countDevices } = await restartAfter(-24 * 365 * 10);
  await expect.poll(countDevices).toBe(2);
});

test("does not poll after a restart before the next poll is due", async () => {
  const { clock, vendor, countDevices } = await restartAfter(0);
  const start = clock.now();
  await clock.advanceUntil(() => clock.now() > start + 30_000, { stepMs: 1000 });
  expect(await countDevices()).toBe(1);
  expect(vendor.calls).toEqual([]);
  // Advancing the same clock reaches the next poll, which proves that the schedule was checking all the time.
  clock.advance(3_600_000);
  await clock.advanceUntil(async () => (await countDevices()) === 2);
});
