import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Sqlite from "better-sqlite3";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openTestStore } from "../../testing/stores.ts";
import { accepted } from "../../testing/told.ts";
import { FIRST } from "./migrations/001-first.ts";

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

test("a database of a newer server is refused, and left as it is", async () => {
  const newer = new Sqlite(file);
  newer.pragma("user_version = 99");
  newer.close();
  await expect(openTestStore(file)).rejects.toMatchObject({ code: "store_gone" });
  await expect(openTestStore(file)).rejects.toThrow(/run the server that wrote it/);
});
