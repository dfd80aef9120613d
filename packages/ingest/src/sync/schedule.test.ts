import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import Sqlite from "better-sqlite3";
import { afterEach, expect, test } from "vitest";
import { startOnboarded } from "../testing/onboarded.ts";
import { startServer, temporaryDirectory } from "../testing/running-server.ts";
import { listed } from "../testing/stand-in-vendor.ts";

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

/** A server with an inventory of one, stopped; on its database the last sync is `hours` old. */
async function stoppedFor(hours: number) {
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
  sqlite.prepare("UPDATE sync_state SET state = json_set(state, '$.nextAt', ?)").run(nextAt);
  sqlite.close();
  vendor.devices = [listed("cam-1"), listed("cam-2")];
  const restarted = await startServer({ database, encryptionKey: server.encryptionKey });
  closers.push(() => restarted.close());
  return async () => (await restarted.get("/v1/devices")).body.data.length as number;
}

test("a poll that fell due while the server was down is made up for at once", async () => {
  const devices = await stoppedFor(2);
  const deadline = Date.now() + 5000;
  while ((await devices()) < 2 && Date.now() < deadline) await wait(20);
  expect(await devices()).toBe(2);
});

test("a restart alone is no reason to poll", async () => {
  const devices = await stoppedFor(0);
  await wait(300);
  expect(await devices()).toBe(1);
});
