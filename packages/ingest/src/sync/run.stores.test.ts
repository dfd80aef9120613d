import { createVendorClient } from "@convergint/client";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { systemClock } from "../clock.ts";
import { createFaultCollector } from "../domain/fault.ts";
import type { Store } from "../store/store.ts";
import type { SyncOutcome } from "../store/sync-store.ts";
import { statusChanged } from "../testing/deliver.ts";
import {
  json,
  type ListedDevice,
  listed,
  type StandInVendor,
  startVendor,
} from "../testing/stand-in-vendor.ts";
import { addIntegration, BACKENDS, openTestStore } from "../testing/stores.ts";
import { createWordCounter } from "./listing.ts";
import { run } from "./run.ts";

const [backend] = BACKENDS;
if (!backend) throw new Error("No store to test with.");
const AT = "2026-11-23T08:00:00.000Z";
const FAST_POLL_SECONDS = 10;

let store: Store;
let vendor: StandInVendor;
let integrationId: string;
beforeAll(() => backend.start());
afterAll(() => backend.stop());
beforeEach(async () => {
  store = await openTestStore(await backend.database());
  vendor = await startVendor();
  vendor.devices = [listed("cam-1", { status: "online" })];
  vendor.events = [statusChanged()];
  integrationId = await addIntegration(store);
});
afterEach(async () => {
  await vendor.close();
  await store.close();
});

/** Polls the integration once, with webhooks in the given state. */
async function poll(webhooks: "ok" | "silent", signal = new AbortController().signal) {
  const lease = { name: `sync:${integrationId}`, owner: "me" };
  await store.leases.take(lease.name, lease.owner, 30);
  const row = await store.integrations.get(integrationId);
  if (!row) throw new Error("The integration is missing.");
  const taken: string[] = [];
  const target = { baseUrl: vendor.baseUrl, credential: { apiKey: vendor.apiKey } };
  const outcome = await run({
    vendor: createVendorClient({ ...target, sleep: async () => {} }),
    byProfile: { faults: createFaultCollector(), words: createWordCounter(integrationId) },
    clock: systemClock,
    integration: {
      ...row,
      ...target,
      profile: null,
      allowHosts: [],
      disabledAt: null,
      webhookSecrets: [],
      pollSeconds: 3600,
      fastPollSeconds: FAST_POLL_SECONDS,
      createdAt: AT,
    },
    store,
    lease,
    state: await store.syncs.state(integrationId),
    webhooks: { state: webhooks, since: AT, detail: null },
    takenAt: null,
    takeEvents: async (_, events) => {
      taken.push(...events.map(({ id }) => id));
      return events.length;
    },
    signal,
  });
  const state = await store.syncs.state(integrationId);
  const waitSeconds = (Date.parse(state?.nextAt ?? "") - Date.parse(outcome.finishedAt)) / 1000;
  return { outcome, taken, state, waitSeconds };
}

/** Polls once, and stops the server after `steps` steps of applying the listing. */
async function pollAndStop(steps: number): Promise<void> {
  const stopping = new AbortController();
  const { inventory } = store;
  const { apply } = inventory;
  let done = 0;
  Object.assign(inventory, {
    async apply(...args: Parameters<typeof apply>) {
      const counts = await apply.call(inventory, ...args);
      done += 1;
      if (done === steps) stopping.abort();
      return counts;
    },
  });
  await expect(poll("ok", stopping.signal)).rejects.toMatchObject({ code: "aborted" });
  expect(done).toBe(steps);
  Object.assign(inventory, { apply });
}

describe("a large listing whose sync ends between two steps", () => {
  const COUNT = 450;
  const countListed = () => store.devices.count(integrationId, 1000);
  beforeEach(() => {
    vendor.devices = Array.from({ length: COUNT }, (_, n) => listed(`cam-${n}`, { status: "online" }));
  });

  test("before it is published is dropped, and read again by the next sync", async () => {
    await pollAndStop(3);
    expect(await countListed()).toBe(0);
    expect((await poll("ok")).outcome).toMatchObject({ outcome: "complete", changes: { added: COUNT } });
    expect(await countListed()).toBe(COUNT);
  });

  test("after it is published is seen whole, and completed by the next sync", async () => {
    await store.bindings.bind({
      integrationId,
      orgId: "org",
      siteId: null,
      customerId: "customer",
      customerSiteId: null,
      boundAt: AT,
    });
    await pollAndStop(5);
    expect(await countListed()).toBe(COUNT);
    // The vendor fails, but the next sync completes the listing before it asks.
    vendor.instead.set("/v1/devices", (_, response) => json(response, {}, 500));
    expect((await poll("ok")).outcome).toMatchObject({ outcome: "failed" });
    const feed = await store.changes.read({ customerIds: null, integrationId, after: 0, limit: 1000 });
    expect(feed.filter(({ kind }) => kind === "device_added")).toHaveLength(COUNT);
    vendor.instead.clear();
    expect((await poll("ok")).outcome).toMatchObject({ outcome: "unchanged", devices: COUNT });
  });
});

test("fetches no events while webhooks arrive", async () => {
  const { taken, waitSeconds } = await poll("ok");
  expect(taken).toEqual([]);
  expect(waitSeconds).toBeGreaterThan(3000);
});

test("fetches missed events and polls more often while webhooks are silent", async () => {
  const { taken, waitSeconds, state, outcome } = await poll("silent");
  expect(taken).toEqual(["evt-1"]);
  expect(waitSeconds).toBeLessThanOrEqual(FAST_POLL_SECONDS * 1.1);
  expect(state).toMatchObject({ eventsMissingSince: vendor.asOf, webhooks: { state: "silent" } });
  expect(outcome.detail).toMatch(/1 events that no webhook delivered/);
});

test("fetches once more when webhooks are back, from the end of the last backfill", async () => {
  await poll("silent");
  vendor.calls.splice(0);
  expect((await poll("ok")).taken).toEqual(["evt-1"]);
  expect(vendor.calls).toContainEqual(expect.stringContaining(`after=${encodeURIComponent(vendor.asOf)}`));
  expect((await poll("ok")).taken).toEqual([]);
});

test("a failed backfill does not fail the sync, and its Retry-After is respected", async () => {
  vendor.instead.set("/v1/events", (_request, response) => {
    response.setHeader("retry-after", "900");
    json(response, { type: "about:blank", title: "Busy", status: 429, code: "rate_limited" }, 429);
  });
  const { outcome, waitSeconds, state } = await poll("silent");
  expect(outcome).toMatchObject({
    outcome: "complete",
    detail: expect.stringMatching(/Could not fetch/),
  });
  expect(state).toMatchObject({ failures: 0, eventsMissingSince: "2026-11-23T07:45:00.000Z" });
  expect(waitSeconds).toBeGreaterThanOrEqual(900);
});

test("a backfill continues where the last successful one ended", async () => {
  await poll("silent");
  vendor.instead.set("/v1/events", (_request, response) => json(response, {}, 500));
  expect((await poll("silent")).state).toMatchObject({ eventsMissingSince: vendor.asOf });
});

test("a failed backfill is retried until it succeeds, even if webhooks are back", async () => {
  vendor.instead.set("/v1/events", (_request, response) => json(response, {}, 400));
  const { state } = await poll("silent");
  expect((await poll("ok")).state).toMatchObject({ eventsMissingSince: state?.eventsMissingSince });
  vendor.instead.clear();
  const recovered = await poll("ok");
  expect(recovered.taken).toEqual(["evt-1"]);
  expect(recovered.state).toMatchObject({ eventsMissingSince: null });
  expect((await poll("ok")).taken).toEqual([]);
});

test.each([
  ["incremental sync", { changes: [] }, { kind: "incremental", devices: 0 }],
  ["ETags", { etag: '"one"' }, { kind: "full", devices: 0 }],
] as const)(
  "reads the whole inventory after a day, even if the vendor offers %s",
  async (_, offered, meanwhile) => {
    Object.assign(vendor, offered);
    expect((await poll("ok")).outcome).toMatchObject({ kind: "full", devices: 1 });
    expect((await poll("ok")).outcome).toMatchObject({ outcome: "unchanged", ...meanwhile });
    const state = await store.syncs.state(integrationId);
    if (!state) throw new Error("The state is missing.");
    const longAgo = new Date(Date.now() - 25 * 3_600_000).toISOString();
    await store.syncs.saveState({ ...state, lastFullAt: longAgo });
    expect((await poll("ok")).outcome).toMatchObject({ kind: "full", outcome: "unchanged", devices: 1 });
  },
);

test.each<[string, () => object, RegExp]>([
  [
    "too many items",
    () => ({ data: Array.from({ length: 2001 }, (_, n) => listed(`new-${n}`)) }),
    /2001 items/,
  ],
  ["a huge text", () => ({ data: [], padding: "x".repeat(17 * 1024 * 1024) }), /more than 16777216 bytes/],
])("a page with %s fails the sync, and no device is removed", async (_, more, words) => {
  vendor.devices = [listed("cam-1"), listed("cam-2")];
  await poll("ok");
  const snapshot = { id: "next", as_of: new Date().toISOString() };
  vendor.instead.set("/v1/devices", (_request, response, url) =>
    json(
      response,
      url.searchParams.has("cursor")
        ? { ...more(), next_cursor: null, snapshot }
        : { data: [listed("cam-1")], next_cursor: "two", snapshot },
    ),
  );
  const { outcome } = await poll("ok");
  expect(outcome).toMatchObject({ outcome: "failed", detail: expect.stringMatching(words) });
  expect(outcome.detail?.length).toBeLessThan(500);
  expect(await store.devices.listedIds(integrationId, "9999", "", 10)).toEqual(["cam-1", "cam-2"]);
});

test("stores only the start of what a vendor says about a refusal", async () => {
  const detail = "x".repeat(50_000);
  vendor.instead.set("/v1/devices", (_request, response) =>
    json(response, { title: "No", status: 403, code: "forbidden", detail }, 403),
  );
  const { outcome } = await poll("ok");
  expect(outcome.detail).toMatch(/answered 403: x{500}…/);
});

test("consecutive failures make the waits longer, until a sync succeeds", async () => {
  vendor.instead.set("/v1/devices", (_request, response) => json(response, {}, 500));
  await poll("silent");
  await poll("silent");
  const { state, waitSeconds } = await poll("silent");
  expect(state).toMatchObject({ failures: 3, lastCompleteAt: null });
  expect(waitSeconds / FAST_POLL_SECONDS).toBeGreaterThanOrEqual(8 * 0.9);
  expect(waitSeconds / FAST_POLL_SECONDS).toBeLessThanOrEqual(8 * 1.1);
  vendor.instead.clear();
  const after = await poll("silent");
  expect(after.state).toMatchObject({ failures: 0, lastCompleteAt: after.outcome.finishedAt });
  expect(after.waitSeconds).toBeLessThanOrEqual(FAST_POLL_SECONDS * 1.1);
});

describe("a vendor with invalid records", () => {
  const device = (id: string) => store.devices.get(integrationId, id);
  const listedIds = () => store.devices.listedIds(integrationId, "9999", "", 1000);
  const reportOf = ({ faults }: SyncOutcome) => ({
    count: faults?.count,
    setAside: faults?.setAside,
    first: faults?.first.map(({ record, id, pointer, requirement }) =>
      [record, id, pointer, requirement].join(" "),
    ),
  });

  test("reports each invalid member, with its value and requirement, and a count if there are many", async () => {
    vendor.sites = [{ site_id: "hq", org_id: "org", name: "HQ", address: { city: "C", country: "USA" } }];
    vendor.devices = [
      ...Array.from({ length: 30 }, (_, n) =>
        listed(`cam-${n}`, { status: "offline", hostname: "h".repeat(300) }),
      ),
      listed("cam-x", { status: "online", site: { coordinates: { latitude: 91, longitude: 0 } } }),
    ];
    const { outcome } = await poll("ok");
    expect(reportOf(outcome)).toEqual({
      count: 32,
      setAside: 0,
      first: [
        ...[0, 1].map((n) => `device cam-${n} /hostname INV-001`),
        "site hq /address/country SITE-001",
        "device cam-2 /hostname INV-001",
        "device cam-x /site/coordinates/latitude INV-001",
      ],
    });
    expect(outcome.faults?.first[0]?.value).toBe(`"${"h".repeat(99)}…`);
    expect(outcome.detail).toMatch(
      /^Applied with 32 faults of the vendor: device cam-0, \/hostname is "h+…: Send a text .*; 30 more\.$/,
    );
    expect(await store.syncs.outcomes(integrationId, 1)).toEqual([outcome]);
    expect(await device("cam-29")).toMatchObject({ status: "offline", site_name: "HQ" });
  });

  test("sets aside records without key or place, and then removes nothing because of this listing", async () => {
    vendor.devices = ["a", "b", "c"].map((id) => listed(id, { status: "online" }));
    vendor.sites = [{ site_id: "hq", org_id: "org", name: "HQ" }];
    vendor.etag = '"one"';
    await poll("ok");
    vendor.etag = '"two"';
    vendor.sites = [...vendor.sites, { site_id: 7, org_id: "org", name: "Annex" }];
    for (const bad of [listed("b", { site_id: null }), listed("\ud800"), listed("z\0"), 7, listed("")]) {
      vendor.asOf = new Date().toISOString();
      // Of three devices, a single one is missing, so its removal would need no confirmation.
      vendor.devices = [listed("a", { status: "offline" }), listed("c"), bad as ListedDevice];
      const { outcome, state } = await poll("ok");
      expect(outcome.faults).toMatchObject({ count: 2, setAside: 2 });
      expect(outcome.outcome).toMatch(/complete|unchanged/);
      expect(outcome.detail).toContain("2 records have no valid key or place and were set aside");
      expect(await listedIds()).toEqual(["a", "b", "c"]);
      expect(await device("a")).toMatchObject({ status: "offline" });
      // The next sync must read the listing again.
      expect(state).toMatchObject({ etag: null, syncToken: null, failures: 0 });
    }
    vendor.sites = [{ site_id: "hq", org_id: "org", name: "HQ" }];
    vendor.devices = [listed("a"), listed("c")];
    const { outcome } = await poll("ok");
    expect(outcome).toMatchObject({ outcome: "complete", faults: { count: 0 }, changes: { removed: 1 } });
  });

  test("removes nothing if the listing's count is invalid", async () => {
    vendor.devices = [listed("a"), listed("b")];
    await poll("ok");
    vendor.instead.set("/v1/devices", (_request, response) =>
      json(response, {
        data: [listed("a", { status: "offline" })],
        next_cursor: null,
        snapshot: { id: "next", as_of: new Date().toISOString(), total_count: "two" },
      }),
    );
    const { outcome } = await poll("ok");
    expect(reportOf(outcome).first).toEqual(["page  /snapshot/total_count "]);
    expect(await listedIds()).toEqual(["a", "b"]);
    expect(await device("a")).toMatchObject({ status: "offline" });
  });

  test("reports a fault until a listing shows the record without it", async () => {
    const faulty = (id: string, more = {}) => listed(id, { hostname: 7, ...more });
    vendor.changes = [];
    vendor.etag = '"one"';
    vendor.devices = [faulty("a"), faulty("b"), listed("c")];
    const names = async () => reportOf((await poll("ok")).outcome).first?.map((each) => each.split(" ")[1]);
    expect(await names()).toEqual(["a", "b"]);
    // A listing of changes that mentions neither.
    expect(await names()).toEqual(["a", "b"]);
    vendor.changes = [
      listed("a"),
      faulty("c", { status: "offline" }),
      { device_id: "d", org_id: "org", site_id: "hq", lifecycle: "removed", removed_at: "yesterday" },
    ];
    expect(await names()).toEqual(["c", "d", "b"]);
    expect(await device("c")).toMatchObject({ status: "offline" });
    vendor.changes = null;
    vendor.devices = [faulty("b"), listed("c")];
    const state = await store.syncs.state(integrationId);
    if (!state) throw new Error("The state is missing.");
    await store.syncs.saveState({ ...state, syncToken: null, etag: null });
    expect(await names()).toEqual(["b"]);
    // Not modified.
    expect((await poll("ok")).outcome).toMatchObject({
      outcome: "unchanged",
      devices: 0,
      faults: { count: 1 },
    });
  });

  test("reports an event that is listed with an invalid member, and fetches the others", async () => {
    vendor.events = [
      statusChanged({ id: "e1", sequence: 7 }),
      { ...statusChanged({ id: "e2" }), source: null },
      statusChanged({ id: "e3" }),
    ];
    const { outcome, taken } = await poll("silent");
    expect(taken).toEqual(["e1", "e3"]);
    expect(reportOf(outcome)).toEqual({
      count: 2,
      setAside: 1,
      first: ["event e1 /sequence EVT-002", "event e2 /source EVT-010"],
    });
    // An event's faults say nothing about the inventory, so they are reported once.
    vendor.events = [];
    expect((await poll("ok")).outcome.faults?.count).toBe(0);
  });
});
