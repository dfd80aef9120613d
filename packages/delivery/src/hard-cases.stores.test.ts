import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { stat } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { Pool } from "pg";
import { expect, test } from "vitest";
import { systemClock } from "./clock.ts";
import type { OutboxOptions } from "./options.ts";
import { createPostgresStore } from "./store/postgres/index.ts";
import { describeOnEveryStore } from "./testing/on-every-store.ts";
import { startReceiver } from "./testing/receiver.ts";
import { event, quiet, until } from "./testing/world.ts";

const UNREACHABLE = "http://127.0.0.1:9/";
const HOUR_MS = 3_600_000;

describeOnEveryStore("an outbox on", (it, store) => {
  it("forms no batch for a worker whose lease has expired", async ({ open, database }) => {
    const { outbox } = await open();
    const { endpointId } = await outbox.registerEndpoint({ url: UNREACHABLE, batch: { maxEvents: 10 } });
    for (let count = 0; count < 3; count += 1) await outbox.enqueue(event());
    const shared = await database.open();
    const claim = (worker: string, leaseMs: number) => shared.claimEndpoints({ worker, leaseMs }, Date.now());
    expect(await claim("first", 1)).toEqual([endpointId]);
    const ids = (await shared.batchable(endpointId, 10)).map(({ deliveryId }) => deliveryId);
    await quiet(20);
    expect(await claim("second", 60_000)).toEqual([endpointId]);
    const form = (worker: string, deliveryIds: readonly number[]) =>
      shared.formBatch({ batchId: randomUUID(), endpointId, worker, deliveryIds, now: Date.now() });
    expect(await form("second", ids.slice(0, 2))).toBe(ids[0]);
    expect(await form("first", ids)).toBeUndefined();
    // Only the third delivery is left, so that delivery represents the new batch.
    expect(await form("second", ids)).toBe(ids[2]);
    await shared.close();
  });

  it("turns a delivery into a dead letter after the retention, and deletes that a retention later", async ({
    open,
    database,
  }) => {
    const { outbox } = await open();
    const { endpointId } = await outbox.registerEndpoint({ url: UNREACHABLE });
    const { id } = event();
    await outbox.enqueue({ ...event(), id });
    const shared = await database.open();
    const now = Date.now();
    expect(await shared.prune(now + HOUR_MS, now + HOUR_MS, 10)).toBe(0);
    expect(await outbox.deadLetters(endpointId)).toMatchObject([{ eventId: id, attempts: 0 }]);
    expect(await outbox.replay({ endpointId, since: new Date(0) })).toBe(1);
    expect(await outbox.deadLetters(endpointId)).toEqual([]);
    await shared.prune(now + HOUR_MS, now + HOUR_MS, 10);
    expect(await shared.prune(now + 2 * HOUR_MS, now + 2 * HOUR_MS, 10)).toBe(1);
    expect(await outbox.deadLetters(endpointId)).toEqual([]);
    await shared.close();
  });

  it("sends waiting deliveries to an endpoint that is registered again only if it still subscribes to them", async ({
    open,
  }) => {
    await using hooks = await startReceiver(204);
    const { outbox } = await open();
    const { endpointId } = await outbox.registerEndpoint({ url: UNREACHABLE });
    const [ours, theirs] = [event({ org: "org_1" }), event({ org: "org_of_another" })];
    await outbox.enqueue(theirs);
    await outbox.enqueue(ours);
    await outbox.registerEndpoint({ endpointId, url: hooks.url, orgIds: ["org_1"] });
    outbox.start();
    await hooks.receives(1);
    await quiet();
    expect(hooks.received.map(({ body }) => JSON.parse(body).id)).toEqual([ours.id]);
  });

  it("counts a success that arrives after another delivery's 410", async ({ start }) => {
    const answers = [Promise.withResolvers<number>(), Promise.withResolvers<number>()];
    let asked = 0;
    const send: NonNullable<OutboxOptions<never>["send"]> = async () => {
      const answer = answers[asked];
      asked += 1;
      return { kind: "answered", status: (await answer?.promise) ?? 500 };
    };
    const { outbox, reports } = await start({ send });
    const { endpointId } = await outbox.registerEndpoint({ url: UNREACHABLE });
    await outbox.enqueue(event());
    await outbox.enqueue(event());
    await until(() => expect(asked).toBe(2));
    answers[0]?.resolve(410);
    await until(async () => expect(await outbox.deadLetters(endpointId)).toHaveLength(2));
    answers[1]?.resolve(204);
    await until(() => expect(reports).toHaveLength(2));
    expect(await outbox.deadLetters(endpointId)).toHaveLength(1);
  });

  it("sends events at once that a process with a fast clock enqueued", async ({ open, start }) => {
    await using hooks = await startReceiver(204);
    const ahead = await open({ clock: { ...systemClock, now: () => Date.now() + HOUR_MS } });
    await ahead.outbox.registerEndpoint({ url: hooks.url });
    await ahead.outbox.enqueue(event());
    await start();
    await hooks.receives(1);
  });

  it("refuses text that databases cannot store and delivers the other events", async ({ start }) => {
    await using hooks = await startReceiver(204);
    const { outbox } = await start();
    await outbox.registerEndpoint({ url: hooks.url });
    const bad = [event({ org: "org\0" }), event({ type: "half\ud83d" }), null, { ...event(), size: 1n }];
    const good = [event(), event()];
    const results = await Promise.allSettled(
      [...bad, ...good].map((each) => outbox.enqueue(each as ReturnType<typeof event>)),
    );
    expect(results.map(({ status }) => status)).toEqual([
      ...bad.map(() => "rejected"),
      "fulfilled",
      "fulfilled",
    ]);
    for (const each of results.slice(0, bad.length))
      expect(each).toMatchObject({ reason: { code: "invalid_event" } });
    await hooks.receives(2);
  });

  it("sends no batch after its endpoint was deleted", async ({ start }) => {
    await using hooks = await startReceiver(204);
    const { outbox } = await start();
    const { endpointId } = await outbox.registerEndpoint({ url: hooks.url, batch: { maxAgeSeconds: 0.05 } });
    for (let count = 0; count < 20; count += 1) void outbox.enqueue(event()).catch(() => {});
    await quiet(40);
    await outbox.deleteEndpoint(endpointId);
    await quiet();
    for (const { body } of hooks.received) expect(JSON.parse(body).length).toBeGreaterThan(0);
  });

  it.for<[string, Partial<OutboxOptions<never>>]>([
    ["a concurrency below 1", { concurrencyPerEndpoint: 0.3 }],
    ["a fractional concurrency", { concurrencyPerEndpoint: 1.5 }],
    ["a timer that overflows", { pollSeconds: 1e7 }],
    ["a lease that expires at once", { leaseSeconds: 0.0001 }],
    ["an overlong timeout", { timeoutSeconds: 1e7 }],
    ["no store", { store: undefined as never }],
    ["no key", { encryptionKey: undefined as never }],
  ])("refuses to open with %s", async ([, options], { open }) => {
    await expect(open(options as Parameters<typeof open>[0])).rejects.toMatchObject({
      code: "invalid_option",
    });
  });

  it("creates a database file that only this user can read", async ({ open, database }) => {
    await open();
    const file = /^sqlite:(.*)$/.exec(database.address)?.[1];
    for (const each of file ? [file, `${file}-wal`] : []) expect((await stat(each)).mode & 0o777).toBe(0o600);
  });

  it("refuses invalid arguments", async ({ open }) => {
    const { outbox } = await open();
    const { endpointId } = await outbox.registerEndpoint({ url: UNREACHABLE });
    for (const overlapSeconds of [Number.NaN, Number.POSITIVE_INFINITY, -5, 1e300])
      await expect(outbox.rotateSecret(endpointId, { overlapSeconds })).rejects.toMatchObject({
        code: "invalid_option",
      });
    for (const limit of [-1, 1.5, Number.NaN])
      await expect(outbox.deadLetters(endpointId, { limit })).rejects.toMatchObject({
        code: "invalid_option",
      });
    for (const since of [new Date(Number.NaN), "2026-11-23" as unknown as Date])
      await expect(outbox.replay({ endpointId, since })).rejects.toMatchObject({ code: "invalid_option" });
    const orgIds = "org_1" as unknown as string[];
    await expect(outbox.registerEndpoint({ url: UNREACHABLE, orgIds })).rejects.toMatchObject({
      code: "invalid_option",
    });
  });

  it("reports a hook that rejects, and continues", async ({ start }) => {
    await using hooks = await startReceiver(204);
    const { outbox, errors } = await start({
      onAttempt: async () => {
        throw new Error("from the hook");
      },
    });
    await outbox.registerEndpoint({ url: hooks.url });
    await outbox.enqueue(event());
    await until(() => expect(errors).toMatchObject([{ message: "from the hook" }]));
  });

  it("counts no attempt if this machine cannot connect", async ({ start }) => {
    let calls = 0;
    const { outbox, errors, reports } = await start({
      send: async () => {
        calls += 1;
        return calls === 1
          ? { kind: "failed", reason: "unreachable", detail: "EMFILE" }
          : { kind: "answered", status: 204 };
      },
    });
    await outbox.registerEndpoint({ url: UNREACHABLE });
    await outbox.enqueue(event());
    await until(() => expect(reports).toMatchObject([{ attempts: 1, next: "delivered" }]));
    expect(errors).toMatchObject([{ code: "out_of_resources" }]);
  });

  it("closes after the calls in progress", async ({ open }) => {
    const { outbox } = await open();
    const calls = [
      outbox.registerEndpoint({ url: UNREACHABLE }),
      outbox.listEndpoints(),
      outbox.enqueue(event()),
    ];
    let settled = 0;
    for (const each of calls) void each.then(() => (settled += 1));
    await outbox.close();
    expect(settled).toBe(calls.length);
  });

  it("reads through the caller's connection, since the pool may have no other", async ({
    open,
    database,
    skip,
  }) => {
    if (store !== "PostgreSQL") return skip("SQLite has no transaction to join");
    const { outbox } = await open();
    const { endpointId } = await outbox.registerEndpoint({ url: UNREACHABLE });
    const clients = await Promise.all(
      Array.from({ length: database.pool?.options.max ?? 0 }, () => database.pool?.connect()),
    );
    const [client] = clients;
    try {
      await client?.query("BEGIN");
      await outbox.enqueue(event(), { client: client as never, endpointId });
      await client?.query("COMMIT");
    } finally {
      for (const each of clients) each?.release();
    }
  });

  it("does not restore deliveries of an endpoint that was deleted while a transaction was open", async ({
    open,
    database,
    skip,
  }) => {
    if (store !== "PostgreSQL") return skip("SQLite has no transaction to join");
    await using hooks = await startReceiver(204);
    const { outbox } = await open();
    const { endpointId } = await outbox.registerEndpoint({ url: UNREACHABLE });
    const client = await database.pool?.connect();
    await client?.query("BEGIN");
    await outbox.enqueue(event(), { client: client as never });
    await outbox.deleteEndpoint(endpointId);
    await client?.query("COMMIT");
    client?.release();
    await outbox.registerEndpoint({ endpointId, url: hooks.url });
    outbox.start();
    await quiet();
    expect(hooks.received).toEqual([]);
  });
});

test("survives a PostgreSQL server that ends a connection in the bytes that open it", async () => {
  const message = (type: string, ...content: readonly (string | number[])[]) => {
    const bytes = Buffer.concat(content.map((each) => Buffer.from(each as string)));
    const length = Buffer.alloc(4);
    length.writeInt32BE(bytes.length + 4);
    return Buffer.concat([Buffer.from(type), length, bytes]);
  };
  const opened = [message("R", [0, 0, 0, 0]), message("Z", "I")];
  const ended = message("E", "SFATAL\0", "VFATAL\0", "C57P01\0", "Mterminating connection\0", [0]);
  const server = createServer((socket) => {
    socket.once("data", () => socket.end(Buffer.concat([...opened, ended])));
    socket.on("error", () => {});
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const pool = new Pool({ connectionString: `postgres://user:password@127.0.0.1:${port}/db` });
  await expect(createPostgresStore({ pool })).rejects.toMatchObject({ code: "store_failed" });
  await pool.end();
  server.close();
});
