import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import type { Store } from "../store/store.ts";
import { statusChanged } from "../testing/deliver.ts";
import { json, listed, type StandInVendor, startVendor } from "../testing/stand-in-vendor.ts";
import { addIntegration, BACKENDS, openTestStore } from "../testing/stores.ts";
import { run } from "./run.ts";

const [backend] = BACKENDS;
if (!backend) throw new Error("There is a store to test with.");
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

/** One turn of an integration whose webhooks do as they are said to. */
async function turn(webhooks: "ok" | "silent") {
  const lease = { name: `sync:${integrationId}`, owner: "me" };
  await store.leases.take(lease.name, lease.owner, 30);
  const row = await store.integrations.get(integrationId);
  if (!row) throw new Error("It was added.");
  const taken: string[] = [];
  const outcome = await run({
    integration: {
      ...row,
      baseUrl: vendor.baseUrl,
      credential: { apiKey: vendor.apiKey },
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

test("while webhooks come, events are left to them", async () => {
  const { taken, waitSeconds } = await turn("ok");
  expect(taken).toEqual([]);
  expect(waitSeconds).toBeGreaterThan(3000);
});

test("while they do not, what was missed is fetched, and the vendor is polled more often", async () => {
  const { taken, waitSeconds, state, outcome } = await turn("silent");
  expect(taken).toEqual(["evt-1"]);
  expect(waitSeconds).toBeLessThanOrEqual(FAST_POLL_SECONDS * 1.1);
  expect(state).toMatchObject({ eventsMissingSince: vendor.asOf, webhooks: { state: "silent" } });
  expect(outcome.detail).toMatch(/1 events that no webhook had brought/);
});

test("when they are back, it is fetched once more, from where that ended", async () => {
  await turn("silent");
  vendor.calls.splice(0);
  expect((await turn("ok")).taken).toEqual(["evt-1"]);
  expect(vendor.calls).toContainEqual(expect.stringContaining(`after=${encodeURIComponent(vendor.asOf)}`));
  expect((await turn("ok")).taken).toEqual([]);
});

test("a backfill that fails fails no sync, and the patience it was asked for is had", async () => {
  vendor.instead.set("/v1/events", (_request, response) => {
    response.setHeader("retry-after", "900");
    json(response, { type: "about:blank", title: "Busy", status: 429, code: "rate_limited" }, 429);
  });
  const { outcome, waitSeconds, state } = await turn("silent");
  expect(outcome).toMatchObject({
    outcome: "complete",
    detail: expect.stringMatching(/could not be fetched/),
  });
  expect(state).toMatchObject({ failures: 0, eventsMissingSince: "2026-11-23T07:45:00.000Z" });
  expect(waitSeconds).toBeGreaterThanOrEqual(900);
});

test("a backfill goes on from where the last one that succeeded ended", async () => {
  await turn("silent");
  vendor.instead.set("/v1/events", (_request, response) => json(response, {}, 500));
  expect((await turn("silent")).state).toMatchObject({ eventsMissingSince: vendor.asOf });
});

test("events that could not be fetched are owed, though webhooks are back, until they are", async () => {
  vendor.instead.set("/v1/events", (_request, response) => json(response, {}, 400));
  const { state } = await turn("silent");
  expect((await turn("ok")).state).toMatchObject({ eventsMissingSince: state?.eventsMissingSince });
  vendor.instead.clear();
  const mended = await turn("ok");
  expect(mended.taken).toEqual(["evt-1"]);
  expect(mended.state).toMatchObject({ eventsMissingSince: null });
  expect((await turn("ok")).taken).toEqual([]);
});

test.each([
  ["incremental sync is", { changes: [] }, { kind: "incremental", devices: 0 }],
  ["ETags are", { etag: '"one"' }, { kind: "full", devices: 0 }],
] as const)("after a day the whole inventory is read, though %s offered", async (_, offered, meanwhile) => {
  Object.assign(vendor, offered);
  expect((await turn("ok")).outcome).toMatchObject({ kind: "full", devices: 1 });
  expect((await turn("ok")).outcome).toMatchObject({ outcome: "unchanged", ...meanwhile });
  const state = await store.syncs.state(integrationId);
  if (!state) throw new Error("It was polled.");
  const longAgo = new Date(Date.now() - 25 * 3_600_000).toISOString();
  await store.syncs.saveState({ ...state, lastFullAt: longAgo });
  expect((await turn("ok")).outcome).toMatchObject({ kind: "full", outcome: "unchanged", devices: 1 });
});

test("failures in a row make the waits longer, and one that succeeds ends that", async () => {
  vendor.instead.set("/v1/devices", (_request, response) => json(response, {}, 500));
  await turn("silent");
  await turn("silent");
  const { state, waitSeconds } = await turn("silent");
  expect(state).toMatchObject({ failures: 3, lastCompleteAt: null });
  expect(waitSeconds / FAST_POLL_SECONDS).toBeGreaterThanOrEqual(8 * 0.9);
  expect(waitSeconds / FAST_POLL_SECONDS).toBeLessThanOrEqual(8 * 1.1);
  vendor.instead.clear();
  const after = await turn("silent");
  expect(after.state).toMatchObject({ failures: 0, lastCompleteAt: after.outcome.finishedAt });
  expect(after.waitSeconds).toBeLessThanOrEqual(FAST_POLL_SECONDS * 1.1);
});
