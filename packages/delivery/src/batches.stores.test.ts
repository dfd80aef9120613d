import { expect } from "vitest";
import { describeOnEveryStore } from "./testing/on-every-store.ts";
import { type Received, startReceiver } from "./testing/receiver.ts";
import { createTurnableClock, event, quiet, until, verifies } from "./testing/world.ts";

const events = (count: number, type?: string) =>
  Array.from({ length: count }, () => event(type ? { type } : {}));
const idsIn = ({ body }: Pick<Received, "body">): string[] =>
  JSON.parse(body).map(({ id }: { id: string }) => id);

describeOnEveryStore("batches from", (it) => {
  it("are sent when full, each signed and with its own id", async ({ open }) => {
    await using hooks = await startReceiver(204);
    const { outbox, reports } = await open();
    const batch = { maxEvents: 10, maxAgeSeconds: 3_600 };
    const { secret } = await outbox.registerEndpoint({ url: hooks.url, batch });
    const sent = events(25);
    for (const each of sent) await outbox.enqueue(each);
    outbox.start();
    await until(() => expect(reports.map((each) => each.events)).toEqual([10, 10]));
    await quiet();
    expect(hooks.received.flatMap(idsIn).toSorted()).toEqual(
      sent
        .slice(0, 20)
        .map(({ id }) => id)
        .toSorted(),
    );
    expect(new Set([...sent, ...hooks.received].map(({ id }) => id)).size).toBe(27);
    for (const received of hooks.received) {
      expect(received.headers["content-type"]).toBe("application/cloudevents-batch+json");
      expect(await verifies(received, secret)).toBe(true);
      for (const one of JSON.parse(received.body)) expect(one).toEqual(sent.find(({ id }) => id === one.id));
    }
  });

  it("are sent when the oldest event reaches the maximum age, without another event", async ({ start }) => {
    await using hooks = await startReceiver(204);
    const { outbox } = await start();
    await outbox.registerEndpoint({ url: hooks.url, batch: { maxAgeSeconds: 0.5 } });
    const began = Date.now();
    const sent = events(3);
    await Promise.all(sent.map((each) => outbox.enqueue(each)));
    const [batch] = await hooks.receives(1);
    expect((batch?.at ?? 0) - began).toBeGreaterThanOrEqual(490);
    expect(batch && idsIn(batch)).toEqual(sent.map(({ id }) => id));
  });

  it("stay within the maximum size", async ({ start }) => {
    await using hooks = await startReceiver(204);
    const { outbox } = await start();
    await outbox.registerEndpoint({ url: hooks.url, batch: { maxBytes: 2048, maxAgeSeconds: 0.1 } });
    const sent = [...events(20), event({ type: "x".repeat(4000) }), ...events(5)];
    for (const each of sent) await outbox.enqueue(each);
    await until(() => expect(hooks.received.flatMap(idsIn)).toHaveLength(sent.length));
    for (const { body } of hooks.received)
      expect(Buffer.byteLength(body) <= 2048 || JSON.parse(body).length === 1).toBe(true);
  });

  it("are retried with the same id and bytes by another process, whatever was enqueued meanwhile", async ({
    open,
  }) => {
    await using hooks = await startReceiver(500);
    const clock = createTurnableClock();
    // The retry is due before the later events reach the maximum age of a batch.
    const options = { clock, retryScheduleSeconds: [1_800, 1_800] };
    const first = await open(options);
    await first.outbox.registerEndpoint({ url: hooks.url, batch: { maxEvents: 5, maxAgeSeconds: 3_600 } });
    const sent = events(5);
    for (const each of sent) await first.outbox.enqueue(each);
    first.outbox.start();
    await until(() => expect(first.reports).toHaveLength(1));
    await first.outbox.close();
    const second = await open(options);
    for (const each of events(3)) await second.outbox.enqueue(each);
    hooks.reply(204);
    second.outbox.start();
    clock.turn(1.3 * 1_800_000);
    const [one, two] = await hooks.receives(2);
    expect(two).toMatchObject({ id: one?.id, body: one?.body });
    expect(two && idsIn(two)).toEqual(sent.map(({ id }) => id));
    await quiet();
    expect(hooks.received).toHaveLength(2);
  });

  it("are not sent again after a 2xx, whatever events the response lists as refused", async ({ start }) => {
    const refused = [{ index: 0, code: "invalid_event" }];
    await using hooks = await startReceiver({ status: 200, body: JSON.stringify({ accepted: 1, refused }) });
    const { outbox } = await start();
    const { endpointId } = await outbox.registerEndpoint({ url: hooks.url, batch: { maxEvents: 2 } });
    for (const each of events(2)) await outbox.enqueue(each);
    await hooks.receives(1);
    await quiet(400);
    expect(hooks.received).toHaveLength(1);
    expect(await outbox.replay({ endpointId, since: new Date(0) })).toBe(0);
  });

  it("become one dead letter per event after the last retry, and are replayed", async ({ start }) => {
    await using hooks = await startReceiver(500);
    const { outbox } = await start({ retryScheduleSeconds: [0.05] });
    const { endpointId } = await outbox.registerEndpoint({ url: hooks.url, batch: { maxEvents: 3 } });
    const sent = events(3);
    for (const each of sent) await outbox.enqueue(each);
    await until(async () => expect(await outbox.deadLetters(endpointId)).toHaveLength(3));
    expect((await outbox.deadLetters(endpointId)).map(({ attempts }) => attempts)).toEqual([2, 2, 2]);
    hooks.reply(204);
    expect(await outbox.replay({ endpointId, since: new Date(0) })).toBe(3);
    const batches = await hooks.receives(3);
    // The first two requests have the id of the failed batch; the replayed batch has a new id.
    expect(new Set(batches.map(({ id }) => id)).size).toBe(2);
    expect(batches[2] && idsIn(batches[2])).toEqual(sent.map(({ id }) => id));
  });

  it("probe a failing endpoint one at a time", async ({ start }) => {
    await using hooks = await startReceiver(500);
    const clock = createTurnableClock();
    let started = 0;
    const { outbox, reports } = await start({
      clock,
      retryScheduleSeconds: [86_400],
      probeScheduleSeconds: [3_600],
      send: (request, post) => {
        started += 1;
        return post(request);
      },
    });
    await outbox.registerEndpoint({ url: hooks.url, batch: { maxEvents: 1 } });
    await Promise.all(events(30).map((each) => outbox.enqueue(each)));
    await until(async () => {
      expect((await outbox.listEndpoints())[0]?.probeAt).not.toBeNull();
      expect(reports).toHaveLength(started);
    });
    await quiet(100);
    const tripped = hooks.received.length;
    expect(tripped).toBeLessThanOrEqual(8);
    clock.turn(1.3 * 3_600_000);
    await hooks.receives(tripped + 1);
    await quiet(100);
    expect(hooks.received).toHaveLength(tripped + 1);
    hooks.reply(204);
    // A day plus jitter: enough for the probes to succeed and the failed batches to be retried.
    clock.turn(30 * 3_600_000);
    await until(() => expect(new Set(hooks.received.flatMap(idsIn)).size).toBe(30));
  });

  it.for([{ maxEvents: 101 }, { maxEvents: 0 }, { maxBytes: 262_145 }, { maxAgeSeconds: -1 }])(
    "are refused with %j",
    async (batch, { open }) => {
      const { outbox } = await open();
      const registering = outbox.registerEndpoint({ url: "http://127.0.0.1:9/", batch });
      await expect(registering).rejects.toMatchObject({ code: "invalid_option" });
    },
  );
});
