import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Sqlite from "better-sqlite3";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openTestStore } from "../../testing/stores.ts";
import { accepted } from "../../testing/told.ts";
import { FIRST } from "./migrations/001-first.ts";
import { CUSTOMERS } from "./migrations/002-customers.ts";

let folder: string;
let file: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "ingest-migrate-"));
  file = join(folder, "ingest.db");
});
afterEach(() => rm(folder, { recursive: true }));

const EVENT = {
  specversion: "1.0",
  id: "evt-1",
  source: "urn:stand-in:org",
  type: "com.convergint.device.status_changed.v1",
  time: "2026-11-23T08:30:00Z",
  data: { org_id: "org", site_id: "hq", device_id: "cam-1", status: "offline" },
};

test("what the first version kept is there: integrations, secrets, events, what is known of events and statuses", async () => {
  const first = new Sqlite(file);
  first.exec(FIRST);
  first.pragma("user_version = 1");
  const at = "2026-11-20T00:00:00.000Z";
  first
    .prepare("INSERT INTO integration VALUES ('int_a', 'Vendor', 'https://v.example', 300, ?, 'ep', ?)")
    .run(Buffer.from("sealed"), at);
  first.prepare("INSERT INTO webhook_secret VALUES ('int_a', 0, ?)").run(Buffer.from("secret"));
  const { createHash } = await import("node:crypto");
  const key = createHash("sha256")
    .update(JSON.stringify([EVENT.source, EVENT.id]))
    .digest()
    .subarray(0, 16);
  first.prepare("INSERT INTO ledger VALUES ('int_a', ?)").run(key);
  first
    .prepare("INSERT INTO event (integration_id, received_at, body) VALUES ('int_a', ?, ?)")
    .run(at, JSON.stringify(EVENT));
  first
    .prepare("INSERT INTO device VALUES ('int_a', 'cam-1', 'org', 'hq', 'camera', 'active', '{}', '[]')")
    .run();
  first
    .prepare(
      "INSERT INTO device_status VALUES ('int_a', 'cam-1', '2026-11-23T08:30:00.000000000Z', '', 'evt-1', '', 'event', 'offline', NULL, '2026-11-23T08:30:00Z', NULL)",
    )
    .run();
  first.close();

  const store = await openTestStore(file);
  expect(await store.integrations.get("int_a")).toMatchObject({
    name: "Vendor",
    pollSeconds: 300,
    webhookEndpointId: "ep",
    revision: 1,
    webhookSecrets: [{ expiresAt: null }],
  });
  expect(await store.devices.get("int_a", "cam-1")).toMatchObject({ status: "offline", customer_id: null });
  // Nothing was bound yet: so the events wait for it.
  const query = { integrationId: null, customerId: null, after: 0, limit: 10 };
  expect(await store.events.list({ ...query, quarantined: true })).toMatchObject([{ sequence: 1 }]);
  const { outcomes } = await store.events.commit([
    accepted("int_a", { id: "evt-1" }),
    accepted("int_a", { id: "evt-2" }),
  ]);
  expect(outcomes).toEqual(["duplicate", "quarantined"]);
  const binding = {
    integrationId: "int_a",
    orgId: "org",
    siteId: null,
    customerId: "c",
    customerSiteId: null,
  };
  expect(await store.bindings.bind({ ...binding, boundAt: at })).toEqual({ devices: 1, events: 2 });
  await store.close();
  // A second time there is nothing to do.
  await (await openTestStore(file)).close();
});

test("histories that an index kept are kept by a chain", async () => {
  const before = new Sqlite(file);
  before.exec(FIRST);
  before.exec(CUSTOMERS);
  before.pragma("user_version = 2");
  before.exec(`INSERT INTO device (integration_id, device_id, org_id, site_id, lifecycle, recorded_at, first_seen_at)
    VALUES ('int_a', 'cam-1', 'org', 'hq', 'active', '', ''), ('int_a', 'cam-2', 'org', 'hq', 'active', '', '')`);
  const change = before.prepare("INSERT INTO change VALUES (?, ?, 'int_a', NULL, NULL, ?, '', '{}')");
  change.run(1, "device_status", "cam-1");
  change.run(2, "device_status", "cam-2");
  change.run(3, "device_updated", "cam-1");
  change.run(4, "device_status", "cam-1");
  change.run(7, "device_status", "cam-1");
  before.close();

  const store = await openTestStore(file);
  const history = async (deviceId: string, from: number | null) =>
    (await store.changes.history("int_a", deviceId, from, 10)).map(({ sequence }) => sequence);
  expect(await history("cam-1", null)).toEqual([7, 4, 1]);
  expect(await history("cam-1", 7)).toEqual([4, 1]);
  expect(await history("cam-1", 1)).toEqual([]);
  expect(await history("cam-2", null)).toEqual([2]);
  expect(await history("cam-3", null)).toEqual([]);
  await store.close();
});

test("a database of a newer server is refused, and left as it is", async () => {
  const newer = new Sqlite(file);
  newer.pragma("user_version = 99");
  newer.close();
  await expect(openTestStore(file)).rejects.toMatchObject({ code: "store_gone" });
  await expect(openTestStore(file)).rejects.toThrow(/run the server that wrote it/);
});
