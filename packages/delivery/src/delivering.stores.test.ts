import { expect } from "vitest";
import { describeOnEveryStore } from "./testing/on-every-store.ts";
import { startReceiver } from "./testing/receiver.ts";
import { createTurnableClock, event, quiet, until, verifies, type World } from "./testing/world.ts";

const HOUR_MS = 3_600_000;
/** This time is longer than a wait of one hour plus its jitter. */
const RETRY_MS = 1.3 * HOUR_MS;

describeOnEveryStore("delivering from", (it) => {
  const enqueueAll = async ({ outbox }: World, events: readonly ReturnType<typeof event>[]) => {
    for (const each of events) await outbox.enqueue(each);
    return events;
  };
  const events = (count: number, device?: string) =>
    Array.from({ length: count }, () => event(device ? { device } : {}));

  it("retries with the same id and bytes and a new timestamp and signature until a 2xx", async ({
    start,
  }) => {
    await using elsewhere = await startReceiver(204);
    const redirect = { status: 302, headers: { location: elsewhere.url } };
    await using hooks = await startReceiver(500, "reset", redirect, "hang", { status: 202, body: "thanks" });
    const clock = createTurnableClock();
    const world = await start({ clock, retryScheduleSeconds: [3600, 3600, 3600, 3600] });
    const { secret } = await world.outbox.registerEndpoint({ url: hooks.url });
    const startedAt: number[] = [clock.now()];
    await world.outbox.enqueue(event());
    for (const attempt of [1, 2, 3, 4]) {
      await hooks.receives(attempt);
      // The receiver never answers the fourth attempt, so its timeout has to pass.
      if (attempt === 4) clock.turn(HOUR_MS);
      await until(() => expect(world.reports).toHaveLength(attempt));
      clock.turn(RETRY_MS);
      startedAt.push(clock.now());
    }
    const attempts = await hooks.receives(5);
    const endedAt = clock.now();
    await until(() => expect(world.reports).toHaveLength(5));
    await quiet();
    expect(hooks.received).toHaveLength(5);
    expect(new Set(attempts.map(({ body }) => body)).size).toBe(1);
    expect(new Set(attempts.map(({ id }) => id)).size).toBe(1);
    const timestamps = attempts.map(({ headers }) => Number(headers["webhook-timestamp"]));
    expect(new Set(timestamps).size).toBe(5);
    for (const [index, attempt] of attempts.entries()) {
      const timestamp = timestamps[index] ?? 0;
      expect(await verifies(attempt, secret, new Date(timestamp * 1000))).toBe(true);
      expect(timestamp).toBeGreaterThanOrEqual(Math.floor((startedAt[index] ?? 0) / 1000));
      // The attempt was signed before the next attempt was due.
      expect(timestamp * 1000).toBeLessThanOrEqual(startedAt[index + 1] ?? endedAt);
    }
    expect(elsewhere.received).toEqual([]);
    expect(world.reports.map(({ next, attempts: count, outcome }) => [next, count, outcome])).toEqual([
      ["retry", 1, { kind: "answered", status: 500 }],
      ["retry", 2, { kind: "failed", reason: "unreachable", detail: expect.any(String) }],
      ["retry", 3, { kind: "answered", status: 302 }],
      ["retry", 4, { kind: "failed", reason: "timeout", detail: "no answer in time" }],
      ["delivered", 5, { kind: "answered", status: 202 }],
    ]);
  });

  it("keeps a dead letter for a replay when the schedule ends", async ({ start }) => {
    await using hooks = await startReceiver(500);
    const world = await start();
    const { endpointId } = await world.outbox.registerEndpoint({ url: hooks.url });
    const [first] = await enqueueAll(world, events(1));
    await hooks.receives(4);
    await until(async () => expect(await world.outbox.deadLetters(endpointId)).toHaveLength(1));
    expect(await world.outbox.deadLetters(endpointId)).toMatchObject([
      {
        eventId: first?.id,
        attempts: 4,
        failure: "answered 500",
        type: "example.changed.v1",
        orgId: "org_1",
      },
    ]);
    await quiet();
    expect(hooks.received).toHaveLength(4);

    hooks.reply(204);
    const since = new Date(Date.now() - 60_000);
    expect(await world.outbox.replay({ endpointId, since: new Date() })).toBe(0);
    expect(await world.outbox.replay({ endpointId, since })).toBe(1);
    const [, , , , again] = await hooks.receives(5);
    expect(again).toMatchObject({ id: first?.id, body: hooks.received[0]?.body });
    // A delivered event is not sent again.
    await until(async () => expect(await world.outbox.deadLetters(endpointId)).toEqual([]));
    await quiet(50);
    expect(await world.outbox.replay({ endpointId, since })).toBe(0);
    await expect(world.outbox.replay({ endpointId: "we_no", since })).rejects.toMatchObject({
      code: "unknown_endpoint",
    });
  });

  it("replays subscribed events from before the registration", async ({ start }) => {
    await using hooks = await startReceiver(204);
    const world = await start();
    const before = await enqueueAll(world, [event(), event({ org: "org_2" }), event()]);
    const { endpointId } = await world.outbox.registerEndpoint({ url: hooks.url, orgIds: ["org_1"] });
    await quiet(100);
    expect(hooks.received).toEqual([]);
    expect(await world.outbox.replay({ endpointId, since: new Date(0) })).toBe(2);
    await hooks.receives(2);
    expect(new Set(hooks.received.map(({ id }) => id))).toEqual(new Set([before[0]?.id, before[2]?.id]));
  });

  it.for([429, 503])("waits for the Retry-After of a %d", async (status, { start }) => {
    await using hooks = await startReceiver({ status, headers: { "retry-after": "3000" } }, 204);
    const clock = createTurnableClock();
    const world = await start({ clock });
    await world.outbox.registerEndpoint({ url: hooks.url });
    const enqueuedAt = clock.now();
    await enqueueAll(world, events(1));
    await until(() => expect(world.reports).toHaveLength(1));
    const wait = (world.reports[0]?.retryAt?.getTime() ?? 0) - enqueuedAt;
    expect(wait).toBeGreaterThanOrEqual(3_000_000);
    expect(wait).toBeLessThan(3_000_000 + clock.now() - enqueuedAt + 1_000);
    await quiet();
    expect(hooks.received).toHaveLength(1);
    clock.turn(3_001_000);
    await hooks.receives(2);
  });

  it("stops an endpoint after a 410 until it is registered again", async ({ start }) => {
    await using hooks = await startReceiver(410);
    const world = await start();
    const { endpointId, secret: old } = await world.outbox.registerEndpoint({ url: hooks.url });
    const [gone] = await enqueueAll(world, events(1));
    await until(async () =>
      expect(await world.outbox.listEndpoints()).toMatchObject([{ endpointId, state: "stopped" }]),
    );
    const [missed] = await enqueueAll(world, events(1));
    await quiet();
    expect(hooks.received).toHaveLength(1);
    for (const call of [
      () => world.outbox.enqueue(event(), { endpointId }),
      () => world.outbox.replay({ endpointId, since: new Date(0) }),
    ])
      await expect(call()).rejects.toMatchObject({ code: "endpoint_stopped" });

    hooks.reply(204);
    const { secret } = await world.outbox.registerEndpoint({ endpointId, url: hooks.url });
    expect(secret).not.toBe(old);
    await enqueueAll(world, events(1));
    const [, after] = await hooks.receives(2);
    expect(after && (await verifies(after, secret))).toBe(true);
    expect(await world.outbox.replay({ endpointId, since: new Date(0) })).toBe(2);
    await hooks.receives(4);
    expect(hooks.received.map(({ id }) => id)).toEqual(expect.arrayContaining([gone?.id, missed?.id]));
  });

  it("starts no more deliveries after a 410, even while the 410 is being stored", async ({
    open,
    database,
  }) => {
    await using hooks = await startReceiver(410);
    const store = await database.open();
    const world = await open({
      concurrencyPerEndpoint: 1,
      store: {
        ...store,
        settle: async (settlements) => {
          await quiet(200);
          await store.settle(settlements);
        },
      },
    });
    await world.outbox.registerEndpoint({ url: hooks.url });
    await enqueueAll(world, events(10));
    world.outbox.start();
    await until(async () => expect(await world.outbox.listEndpoints()).toMatchObject([{ state: "stopped" }]));
    await quiet();
    expect(hooks.received).toHaveLength(1);
  });

  it("limits concurrency per endpoint to one per device, in order", async ({ start }) => {
    await using hooks = await startReceiver(204);
    const world = await start({ concurrencyPerEndpoint: 3 });
    const inProgress = new Set<string>();
    const concurrent: string[] = [];
    hooks.reply(async ({ body }) => {
      const { device_id } = JSON.parse(body).data;
      if (inProgress.has(device_id)) concurrent.push(device_id);
      inProgress.add(device_id);
      // The first requests wait until the maximum number is in progress.
      await until(() => expect(hooks.open.max).toBe(3));
      await quiet(10);
      inProgress.delete(device_id);
      return 204;
    });
    await world.outbox.registerEndpoint({ url: hooks.url });
    const devices = ["a", "b", "c", "d", "e"];
    const sent = Array.from({ length: 60 }, (_each, index) => event({ device: devices[index % 5] ?? "a" }));
    await Promise.all(sent.map((each) => world.outbox.enqueue(each)));
    await hooks.receives(60);
    expect(hooks.open.max).toBe(3);
    expect(concurrent).toEqual([]);
    for (const device of devices) {
      const of = (all: readonly { body: string }[]) =>
        all.map(({ body }) => JSON.parse(body)).filter(({ data }) => data.device_id === device);
      expect(of(hooks.received).map(({ id }) => id)).toEqual(
        sent.filter(({ data }) => data.device_id === device).map(({ id }) => id),
      );
    }
  });

  it("to a hanging and an unreachable endpoint delays no other", async ({ start }) => {
    await using hanging = await startReceiver("hang");
    await using dead = await startReceiver(204);
    await dead.die();
    const healthy = await Promise.all(Array.from({ length: 8 }, () => startReceiver(204)));
    const world = await start({ timeoutSeconds: 300, retryScheduleSeconds: [300] });
    for (const { url } of [hanging, dead, ...healthy]) await world.outbox.registerEndpoint({ url });
    await Promise.all(events(50).map((each) => world.outbox.enqueue(each)));
    // These deliveries arrive before the first timeout of the hanging endpoint.
    await Promise.all(healthy.map((each) => each.receives(50)));
    expect(hanging.received).toHaveLength(4);
    await world.outbox.close({ signal: AbortSignal.abort() });
    for (const each of healthy) await each.die();
  });

  it("probes a failing endpoint with one new delivery at growing intervals", async ({ start }) => {
    await using hooks = await startReceiver(500);
    const clock = createTurnableClock();
    let started = 0;
    const world = await start({
      clock,
      // Retries are due so late that only new deliveries arrive.
      retryScheduleSeconds: [86_400],
      probeScheduleSeconds: [3_600, 7_200],
      send: (request, post) => {
        started += 1;
        return post(request);
      },
    });
    const { endpointId } = await world.outbox.registerEndpoint({ url: hooks.url });
    const sent = await enqueueAll(world, events(40));
    const health = async () => (await world.outbox.listEndpoints())[0];
    const settles = (failures: number) =>
      until(async () => {
        expect(await health()).toMatchObject({ failures, probeAt: expect.any(Date) });
        expect(world.reports).toHaveLength(started);
      });
    await settles(5);
    await quiet(100);
    // Five failures opened the circuit. At that moment, up to three more deliveries were in progress.
    const before = started;
    expect(before).toBeGreaterThanOrEqual(5);
    expect(before).toBeLessThanOrEqual(8);
    clock.turn(RETRY_MS);
    await settles(6);
    await quiet(100);
    expect(started).toBe(before + 1);
    // The wait for the second probe is twice as long.
    clock.turn(RETRY_MS);
    await quiet(100);
    expect(started).toBe(before + 1);
    clock.turn(RETRY_MS);
    await settles(7);
    await quiet(100);
    expect(started).toBe(before + 2);

    hooks.reply(204);
    clock.turn(3 * HOUR_MS);
    // The failed deliveries still wait for their retry, so every event has arrived exactly once.
    await hooks.receives(40);
    await until(async () => expect(await health()).toMatchObject({ endpointId, failures: 0, probeAt: null }));
    await until(() => expect(hooks.received).toHaveLength(40));
    expect(new Set(hooks.received.map(({ id }) => id)).size).toBe(sent.length);
  });

  it("retries failed deliveries on their own schedule, whatever the endpoint's health", async ({ start }) => {
    await using hooks = await startReceiver(500);
    const clock = createTurnableClock();
    let started = 0;
    const world = await start({
      clock,
      retryScheduleSeconds: [3_600, 86_400],
      probeScheduleSeconds: [86_400],
      send: (request, post) => {
        started += 1;
        return post(request);
      },
    });
    await world.outbox.registerEndpoint({ url: hooks.url });
    await enqueueAll(world, events(20));
    await until(() => {
      expect(world.reports.some(({ circuitOpen }) => circuitOpen)).toBe(true);
      expect(world.reports).toHaveLength(started);
    });
    await quiet(100);
    const tried = started;
    expect(hooks.received).toHaveLength(tried);
    clock.turn(RETRY_MS);
    await hooks.receives(tried * 2);
    await quiet();
    expect(hooks.received).toHaveLength(tried * 2);
    expect(new Set(hooks.received.map(({ id }) => id)).size).toBe(tried);
  });

  it("does not treat an endpoint that refuses events as failing", async ({ start }) => {
    await using hooks = await startReceiver(400);
    const world = await start({ retryScheduleSeconds: [60] });
    await world.outbox.registerEndpoint({ url: hooks.url });
    await enqueueAll(world, events(20));
    await hooks.receives(20);
    expect(world.reports.some(({ circuitOpen }) => circuitOpen)).toBe(false);
  });

  it("survives a hook that throws", async ({ start }) => {
    await using hooks = await startReceiver(204);
    const errors: unknown[] = [];
    const world = await start({
      onAttempt: () => {
        throw new Error("from the hook");
      },
      onError: (error) => {
        errors.push(error);
        throw error;
      },
    });
    await world.outbox.registerEndpoint({ url: hooks.url });
    await enqueueAll(world, events(2));
    await hooks.receives(2);
    await until(() => expect(errors).toHaveLength(2));
  });

  it("deletes events that are older than the retention", async ({ start, database }) => {
    const world = await start();
    const store = await database.open();
    await world.outbox.registerEndpoint({ url: "http://127.0.0.1:9/" });
    await enqueueAll(world, events(3));
    expect(await store.prune(Date.now() - 60_000, Date.now(), 10)).toBe(0);
    expect(await store.prune(Date.now() + 60_000, Date.now(), 2)).toBe(2);
    expect(await store.prune(Date.now() + 60_000, Date.now(), 2)).toBe(1);
    await store.close();
  });
});
