import { randomBytes } from "node:crypto";
import { setImmediate as nextTurn } from "node:timers/promises";
import { createSecretBox } from "@convergint/internal/secret-box";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { openIntegrations } from "../integrations/integrations.ts";
import { createLog } from "../log.ts";
import { createDatabaseState } from "../maintain/database-state.ts";
import { createMetrics } from "../observe/metrics.ts";
import type { Store } from "../store/store.ts";
import { listed, type StandInVendor, startVendor } from "../testing/stand-in-vendor.ts";
import { BACKENDS, openTestStore } from "../testing/stores.ts";
import { createTestClock, type TestClock } from "../testing/test-clock.ts";
import { Schedule } from "./schedule.ts";

const AT = "2026-11-23T08:00:00.000Z";
const [sqlite, postgres] = BACKENDS;
if (!sqlite || !postgres) throw new Error("Both kinds of store are needed.");

/** Lets all pending work run that is not waiting for a timer or for I/O. */
async function runPending(): Promise<void> {
  for (let turn = 0; turn < 50; turn += 1) await nextTurn();
}

/** A promise that the test or the code under test can resolve. */
function gate() {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { open, opened };
}

describe.each([
  // On SQLite, two connections to one file act as two processes.
  { backend: sqlite },
  { backend: postgres },
])("processes that share a store on $backend.name", ({ backend }) => {
  const closers: (() => Promise<unknown>)[] = [];
  let isAvailable = false;
  let database: string;
  let vendor: StandInVendor;
  let key: string;
  let clock: TestClock;
  beforeAll(async () => {
    isAvailable = await backend.start();
  });
  afterAll(() => backend.stop());
  beforeEach(async ({ skip }) => {
    if (!isAvailable) skip();
    database = await backend.database();
    vendor = await startVendor();
    key = randomBytes(32).toString("base64");
    clock = createTestClock();
  });
  afterEach(async () => {
    for (const close of closers.splice(0).reverse()) await close();
    await vendor?.close();
  });

  /** Creates the part of a process that polls, without starting its schedule. */
  async function startProcess() {
    const store = await openTestStore(database);
    const logged: string[] = [];
    const integrations = await openIntegrations(store, createSecretBox(key), () => "");
    const log = createLog({ destination: { write: (line: string) => void logged.push(line) } });
    const schedule = new Schedule({
      store,
      integrations,
      metrics: createMetrics(store, () => 0),
      log,
      report: createDatabaseState(store, log, clock).report,
      takeEvents: async () => 0,
      clock,
    });
    closers.push(async () => {
      await schedule.stop();
      await store.close();
    });
    const add = (integrationId: string, pollSeconds = 3600) =>
      integrations.add({
        integrationId,
        name: integrationId,
        baseUrl: vendor.baseUrl,
        credential: { apiKey: vendor.apiKey },
        profile: null,
        allowHosts: [],
        disabledAt: null,
        webhookSecrets: [],
        webhookEndpointId: null,
        pollSeconds,
        fastPollSeconds: 60,
        silenceSeconds: null,
        createdAt: AT,
        revision: 1,
      });
    return { store, schedule, add, logged };
  }

  /** Holds the second page of every listing until `release` is called. */
  function holdSecondPage() {
    const reached = gate();
    const released = gate();
    vendor.devices = Array.from({ length: 5 }, (_, n) => listed(`cam-${n}`, { status: "online" }));
    vendor.instead.set("/v1/devices", async (_request, response, url) => {
      const isSecond = url.searchParams.has("cursor");
      if (isSecond) {
        reached.open();
        await released.opened;
      }
      const [from, to] = isSecond ? [2, 5] : [0, 2];
      response.setHeader("content-type", "application/json");
      response.end(
        JSON.stringify({
          data: vendor.devices.slice(from, to),
          next_cursor: isSecond ? null : "2",
          snapshot: { id: "snap", as_of: vendor.asOf, total_count: 5 },
        }),
      );
    });
    return { reached: reached.opened, release: released.open };
  }
  const listings = () =>
    vendor.calls.filter((each) => each.startsWith("GET /v1/devices") && !each.includes("cursor=")).length;
  const states = async ({ store }: { store: Store }) => ({
    state: await store.syncs.state("int_a"),
    outcomes: await store.syncs.outcomes("int_a", 100),
    devices: await store.devices.listedIds("int_a", "9", "", 100),
  });

  /** Records the results of a process's attempts to take a lease, and when it releases one. */
  function spyOnLeases({ leases }: Store) {
    const { take, release } = leases;
    const taken: boolean[] = [];
    const released = gate();
    Object.assign(leases, {
      async take(name: string, owner: string, seconds: number) {
        const isTaken = await take.call(leases, name, owner, seconds);
        taken.push(isTaken);
        return isTaken;
      },
      async release(name: string, owner: string) {
        await release.call(leases, name, owner);
        released.open();
      },
    });
    return { taken, released: released.opened };
  }

  test("poll each integration once per interval, whichever process does it", async () => {
    const first = await startProcess();
    await first.add("int_a", 1);
    const second = await startProcess();
    const { syncs } = first.store;
    first.schedule.start();
    second.schedule.start();
    await clock.advanceUntil(async () => (await syncs.outcomes("int_a", 100)).length >= 5, { stepMs: 100 });
    // The clock stands still from here on, so no further poll starts.
    await expect.poll(async () => (await syncs.outcomes("int_a", 100)).length === listings()).toBe(true);
    await Promise.all([first.schedule.stop(), second.schedule.stop()]);
    const outcomes = await syncs.outcomes("int_a", 100);
    expect(outcomes.length).toBeGreaterThanOrEqual(5);
    expect(listings()).toBe(outcomes.length);
    const ordered = outcomes.toReversed();
    for (const [index, { startedAt }] of ordered.entries()) {
      const before = ordered[index - 1];
      // The interval counts from the end of the previous poll, less the jitter.
      if (before) expect(Date.parse(startedAt) - Date.parse(before.finishedAt)).toBeGreaterThanOrEqual(899);
    }
  });

  test("do not poll what another process has polled since they looked", async () => {
    const polling = await startProcess();
    await polling.add("int_a");
    const late = await startProcess();
    const looked = gate();
    const goOn = gate();
    const { leases } = late.store;
    const { take } = leases;
    Object.assign(leases, {
      async take(name: string, owner: string, seconds: number) {
        looked.open();
        await goOn.opened;
        return take.call(leases, name, owner, seconds);
      },
    });
    const { taken, released } = spyOnLeases(late.store);
    late.schedule.start();
    await looked.opened;
    await polling.schedule.syncNow("int_a");
    goOn.open();
    await released;
    expect(taken).toEqual([true]);
    expect(listings()).toBe(1);
  });

  test("renew the lease while they poll, and release it once", async () => {
    const polling = await startProcess();
    await polling.add("int_a");
    const held = holdSecondPage();
    const { leases, syncs } = polling.store;
    const { take, release } = leases;
    const goOn = gate();
    const done: string[] = [];
    const asked = polling.schedule.syncNow("int_a");
    await held.reached;
    Object.assign(leases, {
      async take(name: string, owner: string, seconds: number) {
        done.push("renewing");
        await goOn.opened;
        const isTaken = await take.call(leases, name, owner, seconds);
        done.push("renewed");
        return isTaken;
      },
      release(name: string, owner: string) {
        done.push("released");
        return release.call(leases, name, owner);
      },
    });
    clock.advance(10_000);
    held.release();
    await expect.poll(() => syncs.state("int_a")).not.toBeNull();
    await runPending();
    goOn.open();
    await asked;
    expect(done).toEqual(["renewing", "renewed", "released"]);
    expect(await take.call(leases, "sync:int_a", "another", 30)).toBe(true);
  });

  test("end a poll whose lease another process has, and leave the rest to it", async () => {
    const slow = await startProcess();
    await slow.add("int_a");
    const held = holdSecondPage();
    const { released } = spyOnLeases(slow.store);
    slow.schedule.start();
    await held.reached;
    Object.assign(slow.store.leases, { take: async () => false });
    clock.advance(10_000);
    await released;
    held.release();
    await runPending();
    expect(await states(slow)).toEqual({ state: null, outcomes: [], devices: [] });
    expect(slow.logged.filter((line) => line.includes('"level":50'))).toEqual([]);
  });

  test("take over when the process that had the lease is dead", async () => {
    const alive = await startProcess();
    await alive.add("int_a");
    const { leases } = alive.store;
    await leases.take("sync:int_a", "dead", 30);
    const { taken } = spyOnLeases(alive.store);
    alive.schedule.start();
    await clock.advanceUntil(() => taken.length >= 2, { stepMs: 1000 });
    expect(taken.slice(0, 2)).toEqual([false, false]);
    expect(listings()).toBe(0);
    // Ends the lease as if its time had passed.
    await leases.take("sync:int_a", "dead", 0);
    await clock.advanceUntil(() => listings() === 1, { stepMs: 1000 });
  });

  test("wait for the poll of another process if asked to poll now", async () => {
    const polling = await startProcess();
    await polling.add("int_a");
    const asked = await startProcess();
    const held = holdSecondPage();
    const first = polling.schedule.syncNow("int_a");
    await held.reached;
    const { taken } = spyOnLeases(asked.store);
    let isSettled = false;
    const second = asked.schedule.syncNow("int_a").finally(() => {
      isSettled = true;
    });
    await clock.advanceUntil(() => taken.length >= 3);
    expect(taken).not.toContain(true);
    held.release();
    await first;
    await clock.advanceUntil(() => isSettled);
    expect(await second).toEqual(await first);
    expect(listings()).toBe(1);
  });

  test("end their polls when they stop, record nothing, and let another process poll at once", async () => {
    const stopping = await startProcess();
    await stopping.add("int_a");
    const next = await startProcess();
    const held = holdSecondPage();
    const asked = stopping.schedule.syncNow("int_a");
    await held.reached;
    const [ended] = await Promise.allSettled([asked, stopping.schedule.stop()]);
    expect(ended).toMatchObject({ status: "rejected", reason: { code: "aborted" } });
    expect(await states(next)).toEqual({ state: null, outcomes: [], devices: [] });
    held.release();
    expect(await next.schedule.syncNow("int_a")).toMatchObject({ outcome: "complete", devices: 5 });
  });

  test("start no poll while they stop, even if they were looking for due integrations", async () => {
    const stopping = await startProcess();
    await stopping.add("int_a");
    const { syncs, leases } = stopping.store;
    const looking = gate();
    const goOn = gate();
    const { lastWebhooks } = syncs;
    const { take } = leases;
    const taken: string[] = [];
    let isQuiet = false;
    // A store that answers late, like a busy one.
    Object.assign(syncs, {
      async lastWebhooks() {
        looking.open();
        await goOn.opened;
        expect(isQuiet).toBe(false);
        return lastWebhooks.call(syncs);
      },
    });
    Object.assign(leases, {
      take(name: string, owner: string, seconds: number) {
        taken.push(name);
        return take.call(leases, name, owner, seconds);
      },
    });
    stopping.schedule.start();
    await looking.opened;
    const stopped = stopping.schedule.stop().then(() => {
      isQuiet = true;
    });
    await runPending();
    goOn.open();
    await stopped;
    await runPending();
    expect(taken).toEqual([]);
    expect(vendor.calls).toEqual([]);
    expect(stopping.logged.filter((line) => line.includes('"level":50'))).toEqual([]);
  });

  test("apply nothing if another process has taken over the lease", async () => {
    const slow = await startProcess();
    await slow.add("int_a");
    const held = holdSecondPage();
    const { take } = slow.store.leases;
    let owner = "";
    Object.assign(slow.store.leases, {
      take: (name: string, by: string, seconds: number) => {
        owner = by;
        return take.call(slow.store.leases, name, by, seconds);
      },
    });
    const asked = slow.schedule.syncNow("int_a");
    await held.reached;
    await slow.store.leases.release("sync:int_a", owner);
    await take.call(slow.store.leases, "sync:int_a", "another", 30);
    held.release();
    await expect(asked).rejects.toMatchObject({ code: "lease_lost" });
    expect(await states(slow)).toEqual({ state: null, outcomes: [], devices: [] });
    expect(await slow.store.leases.take("sync:int_a", "a third", 30)).toBe(false);
  });

  test("poll at most four integrations at a time, and all of them in the end", async () => {
    const only = await startProcess();
    for (let n = 0; n < 6; n += 1) await only.add(`int_${n}`);
    const { syncs } = only.store;
    const { states: readStates } = syncs;
    let looks = 0;
    Object.assign(syncs, {
      states() {
        looks += 1;
        return readStates.call(syncs);
      },
    });
    const released = gate();
    let now = 0;
    let max = 0;
    vendor.instead.set("/v1/devices", async (_request, response) => {
      now += 1;
      max = Math.max(max, now);
      await released.opened;
      now -= 1;
      response.setHeader("content-type", "application/json");
      response.end(
        JSON.stringify({ data: [], next_cursor: null, snapshot: { id: "s", as_of: vendor.asOf } }),
      );
    });
    only.schedule.start();
    await expect.poll(() => now).toBe(4);
    const before = looks;
    await clock.advanceUntil(() => looks >= before + 3, { stepMs: 1000 });
    await runPending();
    expect(now).toBe(4);
    released.open();
    await clock.advanceUntil(async () => (await readStates.call(syncs)).length === 6);
    expect(max).toBe(4);
  });
});
