import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "vitest";
import { createKillableVendor } from "./testing/killable-vendor.ts";
import { describeOnEveryStore } from "./testing/on-every-store.ts";
import { type Receiver, type Reply, startReceiver } from "./testing/receiver.ts";
import { until } from "./testing/world.ts";

/** The number of kills; `DELIVERY_KILLS=100` for a thorough run. */
const KILLS = Number(process.env["DELIVERY_KILLS"] ?? 10);
const LONG = 60_000 + KILLS * 3_000;

/** Waits for a uniformly random time, so that a kill may interrupt anything. */
const sleepRandomly = (ms: number) => sleep(Math.random() * ms);

/** Responds with 204, and sometimes with a failure. */
const replyUnreliably = (): Reply => {
  const random = Math.random();
  if (random < 0.05) return "reset";
  if (random < 0.1) return 503;
  return 204;
};

/** Collects the received events of one endpoint, and the bytes received under each delivery id. */
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

/** Expects every durable event on both endpoints, duplicates with the same bytes, and nothing else. */
async function expectAllEvents(hooks: Receiver, durable: ReadonlySet<string>): Promise<void> {
  for (const isBatch of [false, true]) {
    await until(() => {
      const { events } = collectReceived(hooks, isBatch);
      expect([...durable].filter((id) => !events.has(id)).slice(0, 5)).toEqual([]);
    }, 30_000);
    const { events, bodies } = collectReceived(hooks, isBatch);
    for (const [id, all] of bodies) expect([id, all.size]).toEqual([id, 1]);
    for (const id of events) expect(id).toMatch(/^evt_\d+_[0-2]_\d+$/);
  }
}

describeOnEveryStore("a vendor on", (it, store) => {
  it("that is killed at any moment loses no durable event and changes no bytes", {
    timeout: LONG,
  }, async ({ database, onTestFinished }) => {
    await using hooks = await startReceiver(204);
    hooks.reply(replyUnreliably);
    const vendor = createKillableVendor(database.address, hooks.url);
    onTestFinished(() => vendor.kill());
    for (let kill = 0; kill < KILLS; kill += 1) {
      await vendor.start(3);
      await sleepRandomly(400);
      await vendor.kill();
    }
    await vendor.start();
    await expectAllEvents(hooks, new Set(vendor.durable));
    expect(vendor.durable.size).toBeGreaterThan(KILLS);
    expect(vendor.complaints).toEqual([]);
    const ids = new Set(hooks.received.map(({ id }) => id)).size;
    console.log(
      `${store}: ${KILLS} kills; ${vendor.durable.size} durable events arrived on both endpoints; ${hooks.received.length} requests with ${ids} ids`,
    );
  });

  it("whose receiver stops and restarts loses nothing", { timeout: 60_000 }, async ({
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
    await expectAllEvents(hooks, new Set(vendor.durable));
    expect(vendor.complaints).toEqual([]);
  });
});

describeOnEveryStore("a vendor whose database is restarted, on", (it, store) => {
  it.runIf(store === "PostgreSQL")(
    "recovers by itself and loses nothing",
    { timeout: 60_000 },
    async ({ database, server, onTestFinished }) => {
      await using hooks = await startReceiver(204);
      const vendor = createKillableVendor(database.address, hooks.url);
      onTestFinished(() => vendor.kill());
      await vendor.start(15);
      for (let restart = 0; restart < 3; restart += 1) {
        await sleepRandomly(400);
        const before = vendor.durable.size;
        await server.postgres?.restart();
        await until(() => expect(vendor.durable.size).toBeGreaterThan(before + 10), 15_000);
      }
      await expectAllEvents(hooks, new Set(vendor.durable));
      expect(vendor.complaints).toEqual([]);
    },
  );
});
