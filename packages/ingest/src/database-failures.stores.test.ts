import { startPgBouncer, startPostgres, type TestPostgres } from "@convergint/testing/postgres";
import { startTcpProxy, type TcpProxy } from "@convergint/testing/tcp-proxy";
import pg from "pg";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { openStore } from "./store/open-store.ts";
import { openPostgresStore } from "./store/postgres/open-store.ts";
import type { Store } from "./store/store.ts";
import { statusChanged } from "./testing/deliver.ts";
import { type Onboarded, startOnboarded } from "./testing/onboarded.ts";
import { temporaryDirectory } from "./testing/running-server.ts";
import { NO_LIMITS } from "./testing/stores.ts";
import { createTestClock, type TestClock } from "./testing/test-clock.ts";

/** How long a sender may have to wait for an answer. */
const ANSWER_MS = 10_000;

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

const fail = (error: Error) => {
  throw error;
};

/** A server with one vendor, and what happened to its store. */
interface Setting extends Onboarded {
  readonly clock: TestClock;
  /** The size of each commit that was started. */
  readonly commits: number[];
  /** The ids of acknowledged events. */
  readonly acknowledged: string[];
  /** Posts events at the same time. @returns the statuses of the answers, in any order, as they arrive */
  post(count: number): { readonly statuses: number[]; readonly all: Promise<unknown> };
  /** Whether one posted event is acknowledged. */
  acknowledges(): Promise<boolean>;
  /** The messages of the log about errors and about the state of the database. */
  messages(): readonly string[];
}

async function startOn(store: Store): Promise<Setting> {
  const clock = createTestClock();
  const commits: number[] = [];
  const counting: Store = {
    ...store,
    events: {
      ...store.events,
      commit(events) {
        commits.push(events.length);
        return store.events.commit(events);
      },
    },
  };
  const at = await startOnboarded({ settings: { database: counting, clock, onFatal: () => {} } });
  closers.push(() => at.close());
  const acknowledged: string[] = [];
  let posted = 0;
  const post = (count: number) => {
    const statuses: number[] = [];
    const all = Array.from({ length: count }, async () => {
      posted += 1;
      const event = statusChanged({ id: `evt-${posted}`, data: { device_id: `cam-${posted % 3}` } });
      const { status } = await at.deliver(event, { timestamp: new Date(clock.now()) });
      if (status === 204) acknowledged.push(event.id);
      statuses.push(status);
    });
    return { statuses, all: Promise.all(all) };
  };
  return {
    ...at,
    clock,
    commits,
    acknowledged,
    post,
    async acknowledges() {
      const { statuses, all } = post(1);
      await all;
      return statuses[0] === 204;
    },
    messages: () =>
      at.server.logged
        .map((line) => JSON.parse(line))
        .filter(({ level, msg }) => level >= 50 || /the database/.test(msg))
        .map(({ msg }) => msg),
  };
}

const DOWN = "the database does not accept writes; deliveries are answered with 503 until it recovers";
const UP = "the database accepts writes again";

const isReady = async ({ server }: Setting): Promise<boolean> => (await server.get("/readyz")).status === 200;

async function expectRecovery(at: Setting): Promise<void> {
  await at.clock.advanceUntil(() => isReady(at), { stepMs: 1000 });
  expect(await at.acknowledges()).toBe(true);
  expect((await at.server.get("/v1/devices")).status).toBe(200);
  const { body } = await at.server.get("/v1/events?limit=1000");
  const stored = new Set(body.data.map(({ event }: { event: { id: string } }) => event.id));
  expect(at.acknowledged.filter((id) => !stored.has(id))).toEqual([]);
  expect(body.data).toHaveLength(stored.size);
}

describe("PostgreSQL", () => {
  let postgres: TestPostgres | undefined;
  let url: string;
  let proxy: TcpProxy;
  beforeAll(async () => {
    postgres = await startPostgres();
  });
  afterAll(() => postgres?.stop());
  beforeEach(async ({ skip }) => {
    if (!postgres) return skip();
    url = await postgres.createDatabase();
    const { port } = new URL(url);
    proxy = await startTcpProxy(Number(port));
    closers.push(() => proxy.close());
  });

  const throughProxy = () => url.replace(/:\d+\//, `:${proxy.port}/`);
  /** Runs SQL on the server, without the proxy. */
  async function run(...statements: readonly string[]): Promise<void> {
    const client = new pg.Client(url);
    await client.connect();
    for (const each of ["SET default_transaction_read_only = off", ...statements]) await client.query(each);
    await client.end();
  }
  const END_SESSIONS =
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()";
  const setForNewSessions = async (assignment: string) =>
    run(`ALTER DATABASE ${new URL(url).pathname.slice(1)} ${assignment}`);

  test("that is silent: every delivery is answered in time, no batch is bisected, and the server recovers", async () => {
    const at = await startOn(await openPostgresStore(throughProxy(), fail, NO_LIMITS));
    closers.push(() => {
      proxy.resume();
      proxy.reset();
    });
    expect(await at.acknowledges()).toBe(true);
    const before = at.commits.length;
    proxy.silence();
    const first = at.post(1);
    await expect.poll(() => at.commits.length).toBeGreaterThan(before);
    await at.clock.advanceUntil(() => first.statuses.length === 1, { maxMs: ANSWER_MS });
    const others = at.post(20);
    await expect.poll(async () => (await at.server.get("/metrics")).text).toContain("queue_depth 20");
    await at.clock.advanceUntil(() => others.statuses.length === 20, { maxMs: ANSWER_MS });
    expect(new Set([...first.statuses, ...others.statuses])).toEqual(new Set([503]));
    expect(await isReady(at)).toBe(false);
    // The connection of the first commit ends, then the connection of the commit that the others share.
    proxy.reset();
    await expect.poll(() => at.commits.slice(before)).toEqual([1, 20]);
    proxy.resume();
    proxy.reset();
    await expectRecovery(at);
    // After the batch that failed, only the delivery that shows the recovery is committed.
    expect(at.commits.slice(before)).toEqual([1, 20, 1]);
    await at.clock.advanceUntil(() => at.messages().includes(UP));
    expect(at.messages()).toEqual([DOWN, UP]);
  });

  test("that resets connections: reads are answered 503, and one line is logged per change of the state", async () => {
    const at = await startOn(await openPostgresStore(throughProxy(), fail));
    proxy.refuse();
    for (let n = 0; n < 3; n += 1) expect(await at.acknowledges()).toBe(false);
    const { status, headers, body } = await at.server.get("/v1/devices");
    expect({ status, body }).toMatchObject({ status: 503, body: { code: "database_unavailable" } });
    expect(headers.get("retry-after")).toBe("5");
    expect(await isReady(at)).toBe(false);
    const metrics = await at.server.get("/metrics");
    expect(metrics.text).toContain("convergint_ingest_database_up 0");
    expect(metrics.text).not.toContain("\nconvergint_ingest_wal_bytes");
    // Everything that runs in the background fails several times.
    for (let n = 0; n < 20; n += 1) {
      at.clock.advance(250);
      await isReady(at);
    }
    expect(at.messages()).toEqual([DOWN]);
    proxy.resume();
    await expectRecovery(at);
    await at.clock.advanceUntil(() => at.messages().includes(UP));
    expect(at.messages()).toEqual([DOWN, UP]);
  });

  test("that is read-only after a failover: the pool does not keep its connections", async () => {
    const at = await startOn(await openPostgresStore(url, fail));
    await setForNewSessions("SET default_transaction_read_only = on");
    await run(END_SESSIONS);
    await expect.poll(at.acknowledges).toBe(false);
    // Several connections to the read-only server are idle now.
    await Promise.all(Array.from({ length: 8 }, () => at.server.get("/v1/devices")));
    expect((await at.server.get("/v1/devices")).status).toBe(200);
    expect(await at.acknowledges()).toBe(false);
    expect(await isReady(at)).toBe(false);
    await setForNewSessions("RESET default_transaction_read_only");
    // A connection that was used for reads meanwhile may fail once.
    expect((await at.acknowledges()) || (await at.acknowledges())).toBe(true);
    await expectRecovery(at);
  });

  test("whose disk is full for events: no batch is bisected, and the server is not ready", async () => {
    const at = await startOn(await openPostgresStore(url, fail));
    await run(
      `CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
         $$ BEGIN RAISE 'could not extend file: No space left on device' USING ERRCODE = '53100'; END $$`,
      "CREATE TRIGGER refuse BEFORE INSERT ON ingest.event EXECUTE FUNCTION refuse()",
    );
    const { statuses, all } = at.post(20);
    await all;
    expect(new Set(statuses)).toEqual(new Set([503]));
    expect(at.commits.reduce((sum, size) => sum + size)).toBe(20);
    // A small write still succeeds.
    expect(await isReady(at)).toBe(false);
    await run("DROP TRIGGER refuse ON ingest.event");
    await expectRecovery(at);
  });

  describe("behind PgBouncer", () => {
    const startBouncer = async (mode: Parameters<typeof startPgBouncer>[1], skip: () => never) => {
      const bouncer = postgres && (await startPgBouncer(postgres, mode));
      if (!bouncer) return skip();
      closers.push(() => bouncer.stop());
      return bouncer;
    };

    test("in transaction mode: every delivery is stored, and no setting leaks to other programs", async ({
      skip,
    }) => {
      const bouncer = await startBouncer("transaction", skip);
      const store = await openPostgresStore(bouncer.through(url), fail);
      const at = await startOn(store);
      for (let round = 0; round < 5; round += 1) {
        // Reads and commits take turns on the two connections that PgBouncer has.
        const reads = Array.from({ length: 8 }, () => at.server.get("/v1/feed"));
        const { statuses, all } = at.post(100);
        await all;
        expect(new Set(statuses)).toEqual(new Set([204]));
        for (const { status } of await Promise.all(reads)) expect(status).toBe(200);
      }
      expect((await at.sync()).status).toBe(200);
      await expectRecovery(at);
      const other = new pg.Client(bouncer.through(url));
      await other.connect();
      const { rows } = await other.query(
        "SELECT current_setting('jit') AS jit, current_setting('statement_timeout') AS limit, (SELECT count(*)::integer FROM pg_prepared_statements) AS prepared",
      );
      await other.end();
      expect(rows).toEqual([{ jit: "on", limit: "0", prepared: 0 }]);
      expect(at.messages()).toEqual([]);
    });

    test.for([
      ["statement mode", "statement", "RESET synchronous_commit", /pool_mode to transaction/],
      [
        "commits that do not wait for the disk",
        "transaction",
        "SET synchronous_commit = off",
        /synchronous_commit/,
      ],
    ] as const)("with %s: does not start, and says why", async ([, mode, assignment, why], { skip }) => {
      const bouncer = await startBouncer(mode, skip);
      await setForNewSessions(assignment);
      await expect(openPostgresStore(bouncer.through(url), fail)).rejects.toThrow(why);
    });
  });
});

test("SQLite whose writer is gone: deliveries are answered 503, and the server is not ready", async () => {
  const directory = await temporaryDirectory();
  closers.push(() => directory.remove());
  const store = await openStore(`${directory.path}/ingest.db`, fail);
  const at = await startOn({ ...store, close: async () => {} });
  expect(await isReady(at)).toBe(true);
  await store.close();
  at.clock.advance(1000);
  expect(await at.acknowledges()).toBe(false);
  expect(await isReady(at)).toBe(false);
  expect(at.messages().filter((message) => message === DOWN)).toHaveLength(1);
});
