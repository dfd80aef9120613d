import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "vitest";
import { createKillableVendor, type KillableVendor } from "./testing/killable-vendor.ts";
import { describeOnEveryStore } from "./testing/on-every-store.ts";
import { type Receiver, type Reply, startReceiver } from "./testing/receiver.ts";

/** How often the vendor is killed; set `DELIVERY_KILLS=100` for a thorough run. */
const KILLS = Number(process.env["DELIVERY_KILLS"] ?? 10);
/** This limit is only a backstop. A test fails earlier, as soon as no more events arrive. */
const TIMEOUT_MS = 600_000 + KILLS * 30_000;
/**
 * An event counts as lost if no event has arrived for this time, and also for `IDLE_STARTS` times the duration of
 * the vendor's slowest start.
 */
const MIN_IDLE_MS = 20_000;
const IDLE_STARTS = 10;

/** Waits for a uniformly random time, so that a kill may interrupt anything. */
const sleepRandomly = (ms: number) => sleep(Math.random() * ms);

/** Responds with 204, and sometimes with a failure. */
const replyUnreliably = (): Reply => {
  const random = Math.random();
  if (random < 0.05) return "reset";
  if (random < 0.1) return 503;
  return 204;
};

/**
 * Collects the ids of the events that one endpoint received, and all bodies received under each delivery id.
 */
function collectReceived(hooks: Receiver, isBatch: boolean) {
  const events = new Set<string>();
  const bodies = new Map<string, Set<string>>();
  for (const { id, body, headers } of hooks.received) {
    if (String(headers["content-type"]).includes("batch") !== isBatch) continue;
    bodies.set(id, (bodies.get(id) ?? new Set()).add(body));
    for (const { id: event } of isBatch ? JSON.parse(body) : [JSON.parse(body)]) events.add(event);
  }
  return { events, bodies };
}

/** Waits until no event is missing; fails when the number of missing events no longer falls. */
async function waitForAll(countMissing: () => number, slowestStartMs: number): Promise<void> {
  const idleMs = Math.max(MIN_IDLE_MS, IDLE_STARTS * slowestStartMs);
  let fewest = Number.POSITIVE_INFINITY;
  let progressAt = Date.now();
  for (let missing = countMissing(); missing > 0; missing = countMissing()) {
    if (missing < fewest) [fewest, progressAt] = [missing, Date.now()];
    if (Date.now() - progressAt > idleMs)
      throw new Error(`${missing} events missing, none received for ${idleMs} ms`);
    await sleep(20);
  }
}

/**
 * Expects both endpoints to have received every durable event, the same
 * bytes for each delivery id, and nothing else.
 */
async function expectAllEvents(hooks: Receiver, { durable, slowestStartMs }: KillableVendor): Promise<void> {
  const expected = [...durable];
  for (const isBatch of [false, true]) {
    await waitForAll(() => {
      const { events } = collectReceived(hooks, isBatch);
      return expected.filter((id) => !events.has(id)).length;
    }, slowestStartMs());
    const { events, bodies } = collectReceived(hooks, isBatch);
    for (const [id, all] of bodies) expect([id, all.size]).toEqual([id, 1]);
    for (const id of events) expect(id).toMatch(/^evt_\d+_[0-2]_\d+$/);
  }
}

describeOnEveryStore("a vendor on", (it, store) => {
  it("that is killed at any moment loses no durable event and changes no bytes", {
    timeout: TIMEOUT_MS,
  }, async ({ database, onTestFinished }) => {
    await using hooks = await startReceiver(204);
    hooks.reply(replyUnreliably);
    const vendor = createKillableVendor(database.address, hooks.url);
    onTestFinished(() => vendor.kill());
    for (let kill = 0; kill < KILLS; kill += 1) {
      await vendor.start(3);
      const before = vendor.durable.size;
      // Before every second kill, the test waits until at least three new events are durable, however slow
      // the machine is.
      if (kill % 2 === 1) await waitForAll(() => before + 3 - vendor.durable.size, vendor.slowestStartMs());
      await sleepRandomly(400);
      await vendor.kill();
    }
    await vendor.start();
    await expectAllEvents(hooks, vendor);
    expect(vendor.durable.size).toBeGreaterThan(KILLS);
    expect(vendor.complaints).toEqual([]);
    const ids = new Set(hooks.received.map(({ id }) => id)).size;
    console.log(
      `${store}: ${KILLS} kills; ${vendor.durable.size} durable events arrived on both endpoints; ${hooks.received.length} requests with ${ids} ids`,
    );
  });

  it("whose receiver stops and restarts loses nothing", { timeout: TIMEOUT_MS }, async ({
    database,
    onTestFinished,
  }) => {
    await using hooks = await startReceiver(204);
    const vendor = createKillableVendor(database.address, hooks.url);
    onTestFinished(() => vendor.kill());
    await vendor.start(15);
    for (let death = 0; death < 4; death += 1) {
      await sleepRandomly(300);
      await hooks.die();
      await sleepRandomly(300);
      await hooks.comeBack();
    }
    await sleep(100);
    await expectAllEvents(hooks, vendor);
    expect(vendor.complaints).toEqual([]);
  });
});

describeOnEveryStore("a vendor whose database is restarted, on", (it, store) => {
  it.runIf(store === "PostgreSQL")(
    "recovers by itself and loses nothing",
    { timeout: TIMEOUT_MS },
    async ({ database, server, onTestFinished }) => {
      await using hooks = await startReceiver(204);
      const vendor = createKillableVendor(database.address, hooks.url);
      onTestFinished(() => vendor.kill());
      await vendor.start(15);
      for (let restart = 0; restart < 3; restart += 1) {
        await sleepRandomly(400);
        const before = vendor.durable.size;
        await server.postgres?.restart();
        await waitForAll(() => before + 11 - vendor.durable.size, vendor.slowestStartMs());
      }
      await expectAllEvents(hooks, vendor);
      expect(vendor.complaints).toEqual([]);
    },
  );
});
