import { randomBytes } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";
import { createSecretBox } from "@convergint/internal/secret-box";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { openIntegrations } from "../integrations/integrations.ts";
import { createLog } from "../log.ts";
import { createMetrics } from "../observe/metrics.ts";
import type { Store } from "../store/store.ts";
import { listed, type StandInVendor, startVendor } from "../testing/stand-in-vendor.ts";
import { BACKENDS, openTestStore } from "../testing/stores.ts";
import { createSchedule, type Schedule } from "./schedule.ts";

const AT = "2026-11-23T08:00:00.000Z";
const [sqlite, postgres] = BACKENDS;
if (!sqlite || !postgres) throw new Error("There are two kinds of store.");

/** A moment that a test waits for, and lets go. */
function gate() {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { open, opened };
}

describe.each([
  // On SQLite, two connections that write to one file stand for two processes.
  { backend: sqlite },
  { backend: postgres },
])("processes that share a store on $backend.name", ({ backend }) => {
  const closers: (() => Promise<unknown>)[] = [];
  let isThere = false;
  let database: string;
  let vendor: StandInVendor;
  let key: string;
  beforeAll(async () => {
    isThere = await backend.start();
  });
  afterAll(() => backend.stop());
  beforeEach(async ({ skip }) => {
    if (!isThere) skip();
    database = await backend.database();
    vendor = await startVendor();
    key = randomBytes(32).toString("base64");
  });
  afterEach(async () => {
    vi.useRealTimers();
    for (const close of closers.splice(0).reverse()) await close();
    await vendor?.close();
  });

  /** A process as far as polling goes; it does nothing before it is told to. */
  async function startProcess() {
    const store = await openTestStore(database);
    const logged: string[] = [];
    const integrations = await openIntegrations(store, createSecretBox(key), () => "");
    const schedule: Schedule = createSchedule({
      store,
      integrations,
      metrics: createMetrics(store, () => 0),
      log: createLog({ destination: { write: (line: string) => void logged.push(line) } }),
      takeEvents: async () => 0,
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

  /** Holds up the second page of every listing, until it is let go. */
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

  test("poll each integration once, whoever of them does it", async () => {
    const first = await startProcess();
    await first.add("int_a", 1);
    const second = await startProcess();
    first.schedule.start();
    second.schedule.start();
    await wait(5000);
    await Promise.all([first.schedule.stop(), second.schedule.stop()]);
    const outcomes = await first.store.syncs.outcomes("int_a", 100);
    expect(outcomes.length).toBeGreaterThanOrEqual(2);
    expect(listings()).toBe(outcomes.length);
    const ordered = outcomes.toReversed();
    for (const [index, { startedAt }] of ordered.entries()) {
      const before = ordered[index - 1];
      // The interval counts from the end, less the jitter.
      if (before) expect(Date.parse(startedAt) - Date.parse(before.finishedAt)).toBeGreaterThanOrEqual(899);
    }
  });

  test("do not poll what another has polled since they looked", async () => {
    const polling = await startProcess();
    await polling.add("int_a");
    const late = await startProcess();
    const looked = gate();
    const goOn = gate();
    const { leases } = late.store;
    const { take } = leases;
    const taken: boolean[] = [];
    Object.assign(leases, {
      async take(name: string, owner: string, seconds: number) {
        looked.open();
        await goOn.opened;
        const isTaken = await take.call(leases, name, owner, seconds);
        taken.push(isTaken);
        return isTaken;
      },
    });
    late.schedule.start();
    await looked.opened;
    await polling.schedule.syncNow("int_a");
    goOn.open();
    await expect.poll(() => taken).toEqual([true]);
    await wait(300);
    expect(listings()).toBe(1);
  });

  test("renew the lease while they poll, and give it back once", async () => {
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
    const polling = await startProcess();
    await polling.add("int_a");
    const held = holdSecondPage();
    const { leases } = polling.store;
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
        done.push("given back");
        return release.call(leases, name, owner);
      },
    });
    vi.advanceTimersByTime(10_000);
    held.release();
    await wait(300);
    goOn.open();
    await asked;
    expect(done).toEqual(["renewing", "renewed", "given back"]);
    expect(await take.call(leases, "sync:int_a", "another", 30)).toBe(true);
  });

  test("end a poll whose lease another has by now, and leave the rest to that one", async () => {
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
    const slow = await startProcess();
    await slow.add("int_a");
    const held = holdSecondPage();
    slow.schedule.start();
    await held.reached;
    Object.assign(slow.store.leases, { take: async () => false });
    vi.advanceTimersByTime(10_000);
    await wait(300);
    held.release();
    await wait(300);
    expect(await states(slow)).toEqual({ state: null, outcomes: [], devices: [] });
    expect(slow.logged.filter((line) => line.includes('"level":50'))).toEqual([]);
  });

  test("go on polling when the one that had the lease is dead", async () => {
    const alive = await startProcess();
    await alive.add("int_a");
    await alive.store.leases.take("sync:int_a", "dead", 2);
    alive.schedule.start();
    await wait(1000);
    expect(listings()).toBe(0);
    await expect.poll(listings, { timeout: 6000 }).toBe(1);
  });

  test("wait for the poll of another, where they are asked to poll now", async () => {
    const polling = await startProcess();
    await polling.add("int_a");
    const asked = await startProcess();
    const held = holdSecondPage();
    const first = polling.schedule.syncNow("int_a");
    await held.reached;
    const second = asked.schedule.syncNow("int_a");
    await wait(600);
    held.release();
    expect(await second).toEqual(await first);
    expect(listings()).toBe(1);
  });

  test("end what is under way when they stop: nothing of it is remembered, and another goes on at once", async () => {
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

  test("begin nothing once they are stopping, though they were just looking for what is due", async () => {
    const stopping = await startProcess();
    await stopping.add("int_a");
    const { syncs, leases } = stopping.store;
    const looking = gate();
    const goOn = gate();
    const { lastWebhooks } = syncs;
    const { take } = leases;
    const taken: string[] = [];
    let isQuiet = false;
    // A store that answers late, as one does that is busy.
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
    setTimeout(goOn.open, 100);
    await stopped;
    await wait(200);
    expect(taken).toEqual([]);
    expect(vendor.calls).toEqual([]);
    expect(stopping.logged.filter((line) => line.includes('"level":50'))).toEqual([]);
  });

  test("apply nothing where another has taken the lease over meanwhile", async () => {
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

  test("poll no more than four at once each, and all of them in the end", async () => {
    const only = await startProcess();
    for (let n = 0; n < 6; n += 1) await only.add(`int_${n}`);
    let now = 0;
    let most = 0;
    vendor.instead.set("/v1/devices", async (_request, response) => {
      now += 1;
      most = Math.max(most, now);
      await wait(300);
      now -= 1;
      response.setHeader("content-type", "application/json");
      response.end(
        JSON.stringify({ data: [], next_cursor: null, snapshot: { id: "s", as_of: vendor.asOf } }),
      );
    });
    only.schedule.start();
    await expect.poll(async () => (await only.store.syncs.states()).length, { timeout: 10_000 }).toBe(6);
    expect(most).toBe(4);
  });
});
