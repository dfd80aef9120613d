import { expect } from "vitest";
import type { Send } from "./http/post.ts";
import { describeOnEveryStore } from "./testing/on-every-store.ts";
import { startReceiver } from "./testing/receiver.ts";
import { event, quiet, until, verifies } from "./testing/world.ts";

describeOnEveryStore("the send hook of an outbox on", (it) => {
  it("receives each signed attempt and may change it", async ({ start }) => {
    await using hooks = await startReceiver(500, 204);
    const given: Parameters<Send>[0][] = [];
    const { outbox, reports } = await start({
      send(request, post) {
        given.push(request);
        return post({ ...request, headers: { ...request.headers, "x-attempt": String(given.length) } });
      },
    });
    const { secret } = await outbox.registerEndpoint({ url: hooks.url });
    const sent = event();
    await outbox.enqueue(sent);
    const received = await hooks.receives(2);
    await until(() => expect(reports.map(({ next }) => next)).toEqual(["retry", "delivered"]));
    expect(received.map(({ headers }) => headers["x-attempt"])).toEqual(["1", "2"]);
    for (const one of received) expect(await verifies(one, secret)).toBe(true);
    expect(given.map(({ url, body }) => ({ url, body }))).toEqual(
      [1, 2].map(() => ({ url: hooks.url, body: JSON.stringify(sent) })),
    );
    expect(given.map(({ headers }) => headers["webhook-id"])).toEqual([sent.id, sent.id]);
  });

  it("may return an outcome instead of the receiver", async ({ start }) => {
    await using hooks = await startReceiver(204);
    const answers = [503, 200];
    const { outbox, reports } = await start({
      send: async () => ({ kind: "answered", status: answers.shift() ?? 0 }),
    });
    await outbox.registerEndpoint({ url: hooks.url });
    await outbox.enqueue(event());
    await until(() => expect(reports.map(({ next }) => next)).toEqual(["retry", "delivered"]));
    expect(hooks.received).toEqual([]);
  });

  it("cannot reach a forbidden address", async ({ start }) => {
    await using hooks = await startReceiver(204);
    const { outbox, reports } = await start({
      send: (request, post) => post({ ...request, url: "https://10.0.0.1/" }),
    });
    await outbox.registerEndpoint({ url: hooks.url });
    await outbox.enqueue(event());
    await until(() =>
      expect(reports[0]?.outcome).toMatchObject({ kind: "failed", reason: "destination_refused" }),
    );
  });

  it("fails only the attempt if it throws", async ({ start }) => {
    await using hooks = await startReceiver(204);
    let attempts = 0;
    const { outbox, reports, errors } = await start({
      send(request, post) {
        attempts += 1;
        if (attempts === 1) throw new Error("from the hook");
        return post(request);
      },
    });
    await outbox.registerEndpoint({ url: hooks.url });
    await outbox.enqueue(event());
    await hooks.receives(1);
    await until(() =>
      expect(reports.map(({ outcome }) => outcome)).toEqual([
        { kind: "failed", reason: "unreachable", detail: "from the hook" },
        { kind: "answered", status: 204 },
      ]),
    );
    expect(errors).toEqual([]);
  });

  it("is aborted without an outcome if the outbox is closed with a signal", async ({ start }) => {
    await using hooks = await startReceiver("hang");
    const { outbox, reports } = await start({ send: (request, post) => post(request) });
    await outbox.registerEndpoint({ url: hooks.url });
    await outbox.enqueue(event());
    await hooks.receives(1);
    await outbox.close({ signal: AbortSignal.timeout(50) });
    await quiet(50);
    expect(reports).toEqual([]);
  });
});
