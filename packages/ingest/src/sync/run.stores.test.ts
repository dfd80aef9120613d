import { createVendorClient } from "@convergint/client";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { systemClock } from "../clock.ts";
import type { Store } from "../store/store.ts";
import { statusChanged } from "../testing/deliver.ts";
import { json, listed, type StandInVendor, startVendor } from "../testing/stand-in-vendor.ts";
import { addIntegration, BACKENDS, openTestStore } from "../testing/stores.ts";
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
async function poll(webhooks: "ok" | "silent") {
  const lease = { name: `sync:${integrationId}`, owner: "me" };
  await store.leases.take(lease.name, lease.owner, 30);
  const row = await store.integrations.get(integrationId);
  if (!row) throw new Error("The integration is missing.");
  const taken: string[] = [];
  const target = { baseUrl: vendor.baseUrl, credential: { apiKey: vendor.apiKey } };
  const outcome = await run({
    vendor: createVendorClient({ ...target, sleep: async () => {} }),
    clock: systemClock,
    integration: {
      ...row,
      ...target,
      allowHosts: [],
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
    signal: new AbortController().signal,
  });
  const state = await store.syncs.state(integrationId);
  const waitSeconds = (Date.parse(state?.nextAt ?? "") - Date.parse(outcome.finishedAt)) / 1000;
  return { outcome, taken, state, waitSeconds };
}

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
  [
    "a huge record",
    () => ({ data: [listed("new", { attributes: { a: "x".repeat(300_000) } })] }),
    /\/data\/0/,
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
