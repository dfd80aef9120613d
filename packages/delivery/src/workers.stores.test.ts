import { spawnSync } from "node:child_process";
import { startPgBouncer } from "@convergint/testing/postgres";
import { startTcpProxy } from "@convergint/testing/tcp-proxy";
import { Client, Pool } from "pg";
import { describe, expect } from "vitest";
import { createPostgresStore } from "./store/postgres/index.ts";
import { createSqliteStore } from "./store/sqlite/index.ts";
import { createWorkerName } from "./store/worker-name.ts";
import { describeOnEveryStore } from "./testing/on-every-store.ts";
import { startReceiver } from "./testing/receiver.ts";
import { event, openWorld, quiet, until, type World } from "./testing/world.ts";

describeOnEveryStore("workers on", (it, name) => {
  const events = (count: number) => Array.from({ length: count }, () => event());

  it("share the work and send no duplicates", async ({ open }) => {
    const receivers = await Promise.all(Array.from({ length: 6 }, () => startReceiver(204)));
    const workers = [await open(), await open(), await open()];
    const vendor = await open();
    for (const { url } of receivers) await vendor.outbox.registerEndpoint({ url });
    for (const { outbox } of workers) outbox.start();
    const sent = events(100);
    for (const each of sent) await vendor.outbox.enqueue(each);
    await Promise.all(receivers.map((each) => each.receives(100)));
    await quiet();
    for (const { received } of receivers)
      expect(received.map(({ id }) => id).toSorted()).toEqual(sent.map(({ id }) => id).toSorted());
    for (const each of receivers) await each.die();
  });

  it("take over from a dead one when its lease expires", async ({ open, database }) => {
    await using hooks = await startReceiver("hang", 204);
    const dying = await open();
    await dying.outbox.registerEndpoint({ url: hooks.url });
    // A worker that claimed the endpoint and died: it neither renews its lease nor stores an attempt.
    const store = await database.open();
    const lease = { worker: "dead", leaseMs: 2_000 };
    await dying.outbox.enqueue(event());
    const began = Date.now();
    expect(await store.claimEndpoints(lease, Date.now())).toHaveLength(1);
    expect(await store.claimEndpoints({ ...lease, worker: "late" }, Date.now())).toEqual([]);
    const taking = await open();
    taking.outbox.start();
    const [first] = await hooks.receives(1);
    expect((first?.at ?? 0) - began).toBeGreaterThanOrEqual(lease.leaseMs - 10);
    await store.close();
  });

  it("take over from a killed process of this machine when they open the store", async ({
    open,
    database,
  }) => {
    const world = await open();
    await world.outbox.registerEndpoint({ url: "http://127.0.0.1:9/" });
    await world.outbox.enqueue(event());
    const store = await database.open();
    const { pid } = spawnSync(process.execPath, ["--version"]);
    const living = createWorkerName();
    const killed = living.replace(`,${process.pid},`, `,${pid},`);
    const [host, , started, , id] = JSON.parse(killed);
    const claimAgainAfter = async (worker: string) => {
      const first = await store.claimEndpoints({ worker, leaseMs: 60_000 }, Date.now());
      const next = await database.open();
      const again = await next.claimEndpoints({ worker: "next", leaseMs: 60_000 }, Date.now());
      for (const endpoint of first) {
        await next.releaseEndpoint("next", endpoint);
        await next.releaseEndpoint(worker, endpoint);
      }
      await next.close();
      return again.length;
    };
    expect(await claimAgainAfter(killed)).toBe(1);
    expect(await claimAgainAfter(living)).toBe(0);
    // A machine with the same host name can open the same PostgreSQL database, but not the same file.
    const onOtherMachine = JSON.stringify([host, pid, started, "another boot", id]);
    expect(await claimAgainAfter(onOtherMachine)).toBe(name === "SQLite" ? 1 : 0);
    await store.close();
  });

  it("keep an endpoint while they run", async ({ open, database }) => {
    const keepsItFor = async (leaseSeconds: number) => {
      await using hooks = await startReceiver("hang");
      const store = await database.open();
      const renewedAt: number[] = [performance.now()];
      const renewLeases: typeof store.renewLeases = async (...args) => {
        await store.renewLeases(...args);
        renewedAt.push(performance.now());
      };
      const [busy, other] = [
        await open({ leaseSeconds, pollSeconds: 5, store: { ...store, renewLeases } }),
        await open(),
      ];
      const { endpointId } = await busy.outbox.registerEndpoint({ url: hooks.url });
      await busy.outbox.enqueue(event());
      busy.outbox.start();
      await hooks.receives(1);
      other.outbox.start();
      // The lease is renewed after every third of its duration. Without four
      // renewals, the other worker would have taken over.
      await until(() => expect(renewedAt.length).toBeGreaterThan(4));
      const longestMs = Math.max(...renewedAt.map((at, index) => at - (renewedAt[index - 1] ?? at)));
      // On a machine that is too busy to renew in time, another worker rightly takes over.
      if (longestMs < leaseSeconds * 900) expect(hooks.received).toHaveLength(1);
      await busy.outbox.close({ signal: AbortSignal.abort() });
      await hooks.receives(2);
      await other.outbox.deleteEndpoint(endpointId);
      await other.outbox.close({ signal: AbortSignal.abort() });
      return longestMs < leaseSeconds * 900;
    };
    let leaseSeconds = 2;
    while (!(await keepsItFor(leaseSeconds))) leaseSeconds *= 2;
  });

  it("store no failure after losing the lease, but always a success", async ({ open, database }) => {
    const store = await database.open();
    const { outbox } = await open();
    const { endpointId } = await outbox.registerEndpoint({ url: "http://127.0.0.1:9/" });
    const registeredAt = (await store.endpoint(endpointId))?.registeredAt ?? 0;
    await outbox.enqueue(event());
    const now = Date.now();
    await store.claimEndpoints({ worker: "late", leaseMs: 1 }, now);
    await quiet(20);
    await store.claimEndpoints({ worker: "new", leaseMs: 60_000 }, now);
    expect(await store.heldEndpoint(endpointId, "late")).toBeUndefined();
    expect(await store.heldEndpoint(endpointId, "new")).toBeDefined();
    const query = { endpointId, now, limit: 10, busy: { deliveryIds: [], orderKeys: [] } };
    const [due] = await store.queued(query);
    const settlement = {
      worker: "late",
      endpointId,
      registeredAt,
      deliveryId: due?.deliveryId ?? 0,
      batchId: null,
      attempts: 1,
      circuit: { failures: 7, probeAt: now + 60_000 },
      now,
    };
    await store.settle([{ ...settlement, settled: { kind: "dead", failure: "late" } }]);
    expect(await store.queued(query)).toEqual([due]);
    expect((await store.endpoint(endpointId))?.circuit.failures).toBe(0);
    await store.settle([{ ...settlement, settled: { kind: "delivered" } }]);
    expect(await store.queued(query)).toEqual([]);
    await store.close();
  });

  it("recover from a brief database failure without duplicates", async ({ open, database }) => {
    await using hooks = await startReceiver(204);
    const store = await database.open();
    const failAtFirst = <Args extends unknown[], Result>(
      times: number,
      call: (...args: Args) => Promise<Result>,
    ) => {
      let left = times;
      return async (...args: Args) => {
        left -= 1;
        if (left >= 0) throw new Error("the database is unavailable");
        return call(...args);
      };
    };
    const world = await open({
      store: {
        ...store,
        claimEndpoints: failAtFirst(2, store.claimEndpoints),
        queued: failAtFirst(2, store.queued),
        settle: failAtFirst(3, store.settle),
      },
    });
    await world.outbox.registerEndpoint({ url: hooks.url });
    await world.outbox.enqueue(event());
    world.outbox.start();
    await until(() => expect(world.reports).toMatchObject([{ next: "delivered" }]));
    await quiet();
    expect(hooks.received).toHaveLength(1);
    expect(world.errors).toHaveLength(7);
  });

  it("create the schema once when they start concurrently", async ({ database }) => {
    const stores = await Promise.all(Array.from({ length: 4 }, () => database.open()));
    for (const store of stores) expect(await store.endpoints(null)).toEqual([]);
    for (const store of stores) await store.close();
  });

  it("report a database that cannot be opened", async () => {
    const opening =
      name === "SQLite"
        ? createSqliteStore({ path: "/nowhere/at/all.sqlite" })
        : createPostgresStore({ pool: new Pool({ host: "127.0.0.1", port: 9 }) });
    await expect(opening).rejects.toMatchObject({ code: "store_failed", cause: expect.any(Error) });
  });

  describe("close", () => {
    it("finishes deliveries in progress and leaves the rest to the next worker", async ({ open }) => {
      await using hooks = await startReceiver(204);
      const first = await open();
      await first.outbox.registerEndpoint({ url: hooks.url });
      const answering = Promise.withResolvers<void>();
      hooks.reply(async () => {
        await answering.promise;
        return 204;
      });
      const sent = events(20);
      for (const each of sent) await first.outbox.enqueue(each);
      first.outbox.start();
      await hooks.receives(4);
      const closed = first.outbox.close();
      answering.resolve();
      await closed;
      // `close` waited for the responses and stored them.
      expect(hooks.received).toHaveLength(4);
      expect(first.reports).toHaveLength(4);
      const second = await open();
      second.outbox.start();
      await hooks.receives(20);
      await quiet();
      expect(hooks.received.map(({ id }) => id).toSorted()).toEqual(sent.map(({ id }) => id).toSorted());
    });

    it("aborts deliveries in progress on the signal and loses nothing", async ({ open }) => {
      await using hooks = await startReceiver("hang", 204);
      const first = await open({ timeoutSeconds: 300 });
      await first.outbox.registerEndpoint({ url: hooks.url });
      await first.outbox.enqueue(event());
      first.outbox.start();
      await hooks.receives(1);
      const began = Date.now();
      await first.outbox.close({ signal: AbortSignal.timeout(100) });
      // Without the signal, `close` would have waited for 30 seconds.
      expect(Date.now() - began).toBeLessThan(25_000);
      expect(first.reports).toEqual([]);
      const second = await open();
      second.outbox.start();
      const [one, two] = await hooks.receives(2);
      expect(two).toMatchObject({ id: one?.id, body: one?.body });
      // The attempt that was aborted does not count as an attempt.
      await until(() => expect(second.reports).toMatchObject([{ attempts: 1, next: "delivered" }]));
    });

    it("waits for earlier calls of enqueue", async ({ open }) => {
      const first = await open();
      const sent = events(10);
      const enqueued = Promise.all(sent.map((each) => first.outbox.enqueue(each)));
      await first.outbox.close();
      await enqueued;
      await using hooks = await startReceiver(204);
      const second = await open();
      const { endpointId } = await second.outbox.registerEndpoint({ url: hooks.url });
      expect(await second.outbox.replay({ endpointId, since: new Date(0) })).toBe(10);
    });
  });

  describe.runIf(name === "PostgreSQL")("an event in the vendor's own transaction", () => {
    it("is sent if, and only if, that commits", async ({ open, database }) => {
      await using hooks = await startReceiver(204);
      const { outbox } = await open();
      outbox.start();
      await outbox.registerEndpoint({ url: hooks.url });
      await database.pool?.query("CREATE TABLE IF NOT EXISTS device (id text PRIMARY KEY)");
      const change = async (end: "COMMIT" | "ROLLBACK") => {
        const client = await database.pool?.connect();
        if (client === undefined) throw new Error("no pool");
        const sent = event();
        await client.query("BEGIN");
        await client.query("INSERT INTO device VALUES ($1)", [sent.data.device_id]);
        await outbox.enqueue(sent, { client });
        await quiet(100);
        expect(hooks.received.map(({ id }) => id)).not.toContain(sent.id);
        await client.query(end);
        client.release();
        return sent;
      };
      const rolledBack = await change("ROLLBACK");
      const committed = await change("COMMIT");
      await hooks.receives(1);
      await quiet();
      expect(hooks.received.map(({ id }) => id)).toEqual([committed.id]);
      // After the rollback, the event's id is unused again.
      await outbox.enqueue(rolledBack);
      await hooks.receives(2);
    });

    it("blocks no other call while it is open", async ({ open, database }) => {
      await using hooks = await startReceiver(204);
      const { outbox } = await open();
      const { endpointId } = await outbox.registerEndpoint({ url: hooks.url });
      const client = await database.pool?.connect();
      if (client === undefined) throw new Error("no pool");
      await client.query("BEGIN");
      await outbox.enqueue(event(), { client });
      outbox.start();
      const other = event();
      await outbox.enqueue(other);
      await hooks.receives(1);
      await outbox.rotateSecret(endpointId);
      await outbox.deleteEndpoint(endpointId);
      await client.query("COMMIT");
      client.release();
      await quiet();
      expect(hooks.received.map(({ id }) => id)).toEqual([other.id]);
    });

    it("blocks no other endpoint, whatever it locks", async ({ open, database }) => {
      await using one = await startReceiver(204);
      await using other = await startReceiver(204);
      const { outbox } = await open();
      const { endpointId } = await outbox.registerEndpoint({ url: one.url });
      await outbox.registerEndpoint({ url: other.url });
      const client = await database.pool?.connect();
      if (client === undefined) throw new Error("no pool");
      const [, schema] = database.address.split(" ");
      await client.query("BEGIN");
      await client.query(`SELECT FROM ${schema}.endpoint WHERE endpoint_id = $1 FOR UPDATE`, [endpointId]);
      await outbox.enqueue(event());
      outbox.start();
      await other.receives(1);
      expect(one.received).toEqual([]);
      await client.query("ROLLBACK");
      client.release();
      await one.receives(1);
    });

    it("reports a failed transaction with the database's error", async ({ open, database }) => {
      const { outbox } = await open();
      const client = await database.pool?.connect();
      if (client === undefined) throw new Error("no pool");
      await client.query("BEGIN");
      await client.query("SELECT nonsense").catch(() => {});
      await expect(outbox.enqueue(event(), { client })).rejects.toMatchObject({
        code: "store_failed",
        cause: { code: "25P02" },
      });
      await client.query("ROLLBACK");
      client.release();
    });
  });

  it.runIf(name === "SQLite")("refuse a transaction on SQLite", async ({ open }) => {
    const { outbox } = await open();
    const client = { query: async () => ({ rows: [] }) };
    await expect(outbox.enqueue(event(), { client })).rejects.toMatchObject({ code: "invalid_option" });
  });

  describe.runIf(name === "PostgreSQL")("when the database fails", () => {
    interface Setting extends AsyncDisposable {
      readonly world: World;
      /** Enqueues one event. @returns whether that succeeded */
      enqueues(): Promise<boolean>;
      /** Waits until every acknowledged event has been delivered. */
      delivered(): Promise<void>;
    }

    /** Starts an outbox on a pool. */
    async function startOn(connectionString: string): Promise<Setting> {
      const hooks = await startReceiver(204);
      const pool = new Pool({ connectionString, connectionTimeoutMillis: 1_000 });
      pool.on("error", () => {});
      const database = { open: () => createPostgresStore({ pool, timeoutSeconds: 1 }) };
      // An endpoint whose lease could not be released is claimed again when the lease expires.
      const world = await openWorld(database, { leaseSeconds: 2 });
      await world.outbox.registerEndpoint({ url: hooks.url });
      world.outbox.start();
      const acknowledged: string[] = [];
      return {
        world,
        async enqueues() {
          const sent = event();
          try {
            await world.outbox.enqueue(sent);
            acknowledged.push(sent.id);
            return true;
          } catch (error) {
            expect(error).toMatchObject({ code: "store_failed" });
            return false;
          }
        },
        async delivered() {
          await until(() => {
            const ids = new Set(hooks.received.map(({ id }) => id));
            expect(acknowledged.filter((id) => !ids.has(id))).toEqual([]);
          });
        },
        async [Symbol.asyncDispose]() {
          await world.outbox.close({ signal: AbortSignal.abort() });
          await pool.end();
          await hooks.die();
        },
      };
    }

    it("calls fail soon while its host is silent, and everything continues afterwards", async ({
      server,
    }) => {
      const url = (await server.postgres?.createDatabase()) ?? "";
      const { port } = new URL(url);
      const proxy = await startTcpProxy(Number(port));
      {
        await using at = await startOn(url.replace(`:${port}/`, `:${proxy.port}/`));
        await until(async () => expect(await at.enqueues()).toBe(true));
        proxy.silence();
        const { outbox } = at.world;
        const calls = Promise.allSettled([
          outbox.listEndpoints(),
          outbox.replay({ endpointId: "any", since: new Date() }),
        ]);
        expect(await Promise.all(Array.from({ length: 20 }, at.enqueues))).not.toContain(true);
        for (const call of await calls) expect(call).toMatchObject({ reason: { code: "store_failed" } });
        proxy.resume();
        await until(async () => expect(await at.enqueues()).toBe(true));
        await at.delivered();
      }
      await proxy.close();
    });

    it("the pool keeps no connection to a server that became read-only", async ({ server }) => {
      const url = (await server.postgres?.createDatabase()) ?? "";
      const pool = new Pool({ connectionString: url });
      pool.on("error", () => {});
      // This outbox does not deliver: its queries outside of transactions, which pools drop, would hide the defect.
      const { outbox } = await openWorld({ open: () => createPostgresStore({ pool }) });
      const register = () => outbox.registerEndpoint({ url: "http://127.0.0.1:9/" });
      const admin = new Client(url);
      await admin.connect();
      const setForNewSessions = (assignment: string) =>
        admin.query(`ALTER DATABASE ${new URL(url).pathname.slice(1)} ${assignment}`);
      await setForNewSessions("SET default_transaction_read_only = on");
      await admin.query(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()",
      );
      await until(() => expect(register()).rejects.toMatchObject({ cause: { code: "25006" } }));
      await Promise.all(Array.from({ length: 4 }, () => outbox.listEndpoints()));
      await expect(register()).rejects.toMatchObject({ cause: { code: "25006" } });
      await setForNewSessions("RESET default_transaction_read_only");
      await admin.end();
      await register();
      await outbox.close();
      await pool.end();
    });

    it("it may be behind PgBouncer in transaction mode", async ({ server, skip }) => {
      const bouncer = server.postgres && (await startPgBouncer(server.postgres, "transaction"));
      if (!server.postgres || !bouncer) return skip("PgBouncer is not installed");
      {
        await using at = await startOn(bouncer.through(await server.postgres.createDatabase()));
        for (let round = 0; round < 5; round += 1)
          expect(await Promise.all(Array.from({ length: 20 }, at.enqueues))).not.toContain(false);
        await at.delivered();
        expect(at.world.errors).toEqual([]);
      }
      await bouncer.stop();
    });
  });
});
