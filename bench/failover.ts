import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { chmod, mkdtemp, open, rm } from "node:fs/promises";
import { createServer } from "node:http";
import { type AddressInfo, connect, createServer as createTcpServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { createOutbox } from "@convergint/delivery";
import { createPostgresStore } from "@convergint/delivery/postgres";
import { type Cluster, createCluster } from "@convergint/testing/postgres-cluster";
import { sign } from "@convergint/webhooks";
import pg from "pg";
import { createEvent } from "./ingest-events.ts";
import { start, type Target } from "./ingest-rounds.ts";

const run = promisify(execFile);

const EVERY_MS = 40;
/** How long everything works, before the failure and after the recovery. */
const STEADY_MS = 4_000;
/** How long the failure lasts until an operator, or a tool, acts. */
const FAILURE_MS = 6_000;
const MAX_RECOVERY_MS = 60_000;
const PORTS = { primary: 54_311, standby: 54_312 };

/** An address that leads to one server and can be moved to another, as the address of a failover does. */
async function createMovableAddress(port: number) {
  let target = port;
  const sockets = new Set<Socket>();
  const server = createTcpServer((client) => {
    const upstream = connect(target, "127.0.0.1");
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(from);
      from.on("error", () => {}).on("close", () => to.destroy());
      from.pipe(to);
    }
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port: own } = server.address() as AddressInfo;
  return {
    url: `postgres://postgres:password@127.0.0.1:${own}/postgres`,
    move: (to: number) => {
      target = to;
    },
    close: () => {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

/** What happened to events that were sent in a steady rhythm, whatever the database did. */
interface Ledger {
  /** The ids that were acknowledged, and when. */
  readonly acknowledged: Map<string, number>;
  /** How many were answered in another way. */
  readonly refused: Record<string, number>;
  /** How long the slowest answer took, in milliseconds. */
  slowest: number;
}

/** Sends until the returned function is called. @param send returns `null` for an acknowledgement, otherwise the answer */
function sendSteadily(
  send: (number: number) => Promise<{ readonly id: string; readonly answer: string | null }>,
) {
  const ledger: Ledger = { acknowledged: new Map(), refused: {}, slowest: 0 };
  const pending = new Set<Promise<void>>();
  let stopped = false;
  const sending = (async () => {
    for (let number = 0; !stopped; number += 1) {
      const sentAt = performance.now();
      const sent: Promise<void> = send(number).then(({ id, answer }) => {
        ledger.slowest = Math.max(ledger.slowest, performance.now() - sentAt);
        if (answer === null) ledger.acknowledged.set(id, performance.now());
        else ledger.refused[answer] = (ledger.refused[answer] ?? 0) + 1;
        pending.delete(sent);
      });
      pending.add(sent);
      await sleep(EVERY_MS);
    }
    await Promise.all(pending);
  })();
  return {
    ledger,
    stop: () => {
      stopped = true;
      return sending;
    },
  };
}

const deliverTo = ({ port, path, secret }: Target) =>
  async function deliver() {
    const { id, text } = createEvent();
    const headers = await sign({ id, body: text, keys: secret });
    const answer = await fetch(`http://127.0.0.1:${port}${path}`, {
      method: "POST",
      headers: { ...headers, "content-type": "application/cloudevents+json" },
      body: text,
    }).then(
      ({ status }) => (status === 204 ? null : String(status)),
      (error: Error) => error.message,
    );
    return { id, answer };
  };

/** Waits for a condition. @returns how many milliseconds it took, or `null` if it is not met in time */
async function waitFor(isMet: () => boolean | Promise<boolean>, maxMs: number): Promise<number | null> {
  const startedAt = performance.now();
  while (performance.now() - startedAt < maxMs) {
    if (await isMet()) return Math.round(performance.now() - startedAt);
    await sleep(50);
  }
  return null;
}

/** An outbox in the same database, whose receiver counts distinct events. */
async function openTestOutbox(url: string) {
  const received = new Set<string>();
  const receiver = createServer((request, response) => {
    received.add(String(request.headers["webhook-id"]));
    request.resume().once("end", () => response.writeHead(204).end());
  }).listen(0, "127.0.0.1");
  await once(receiver, "listening");
  const pool = new pg.Pool({ connectionString: url, connectionTimeoutMillis: 2_000 });
  const outbox = await createOutbox({
    store: await createPostgresStore({ pool }),
    encryptionKey: randomBytes(32).toString("base64"),
    allowLoopback: true,
    retryScheduleSeconds: Array.from({ length: 100 }, () => 0.5),
  });
  await outbox.registerEndpoint({ url: `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/` });
  outbox.start();
  return {
    received,
    async enqueue(number: number) {
      const data = { org_id: "org_1", site_id: "site_1", device_id: `dev_${number % 5}` };
      const id = `evt_${number}`;
      const answer = await outbox.enqueue({ specversion: "1.0", id, type: "example.changed.v1", data }).then(
        () => null,
        ({ code }: { readonly code: string }) => code,
      );
      return { id, answer };
    },
    async close() {
      await outbox.close({ signal: AbortSignal.abort() });
      receiver.close();
      receiver.closeAllConnections();
      await pool.end();
    },
  };
}

async function readStoredIds(url: string): Promise<ReadonlySet<string>> {
  const client = new pg.Client(url);
  await client.connect();
  const { rows } = await client.query<{ id: string }>("SELECT body::json->>'id' AS id FROM ingest.event");
  await client.end();
  const ids = new Set(rows.map(({ id }) => id));
  if (ids.size < rows.length) throw new Error(`${rows.length - ids.size} events are stored twice`);
  return ids;
}

const isReady = ({ port }: Target): Promise<boolean> =>
  fetch(`http://127.0.0.1:${port}/readyz`).then(
    ({ ok }) => ok,
    () => false,
  );

/** Prints how many events of one sender were acknowledged and lost. */
function report(
  name: string,
  { acknowledged, refused, slowest }: Ledger,
  arrived: ReadonlySet<string>,
): void {
  const lost = [...acknowledged.keys()].filter((id) => !arrived.has(id)).length;
  const times = [...acknowledged.values()].toSorted((a, b) => a - b);
  const gaps = times.slice(1).map((time, index) => time - (times[index] ?? time));
  console.log(
    `  ${name.padEnd(8)} acknowledged ${acknowledged.size}, of these lost ${lost}; other answers ${JSON.stringify(refused)}; slowest answer ${(slowest / 1000).toFixed(1)} s; longest time without an acknowledgement ${(Math.max(0, ...gaps) / 1000).toFixed(1)} s`,
  );
}

/** Runs senders while `fail` breaks the database and repairs it, and reports which events were lost. */
async function measure(
  title: string,
  address: string,
  fail: (target: Target) => Promise<{ readonly url: string; readonly notes: readonly string[] }>,
): Promise<void> {
  const target = await start("./ingest-server.ts", address);
  const outbox = await openTestOutbox(address);
  const senders = [sendSteadily(deliverTo(target)), sendSteadily(outbox.enqueue)] as const;
  await sleep(STEADY_MS);
  const { url, notes } = await fail(target);
  const readyMs = await waitFor(() => isReady(target), MAX_RECOVERY_MS);
  await sleep(STEADY_MS);
  await Promise.all(senders.map(({ stop }) => stop()));
  const [{ ledger: deliveries }, { ledger: enqueued }] = senders;
  const allMs = await waitFor(
    () => [...enqueued.acknowledged.keys()].every((id) => outbox.received.has(id)),
    MAX_RECOVERY_MS,
  );
  console.log(`\n${title}`);
  for (const note of notes) console.log(`  ${note}`);
  console.log(
    `  ready ${readyMs ?? "never"} ms after that; the outbox had delivered everything ${allMs ?? "never"} ms after its last event`,
  );
  report("ingest", deliveries, await readStoredIds(url));
  report("delivery", enqueued, outbox.received);
  await outbox.close();
  await target.stop();
}

async function withFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "bench-failover-"));
  // PostgreSQL may run as another user.
  await chmod(folder, 0o777);
  try {
    await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Kills the primary and promotes its standby, while the address of the database moves. */
async function failOver(folder: string, replication: "synchronous" | "asynchronous"): Promise<void> {
  const primary = await createCluster({ folder: join(folder, "primary"), port: PORTS.primary });
  const standby = await createCluster({
    folder: join(folder, "standby"),
    port: PORTS.standby,
    standbyOf: { folder: join(folder, "primary"), port: PORTS.primary },
  });
  const address = await createMovableAddress(PORTS.primary);
  try {
    if (!((await primary.start()) && (await standby.start()))) throw new Error("PostgreSQL did not start.");
    const client = new pg.Client(primary.url);
    await client.connect();
    // Only the primary waits for a standby. After the promotion, there is none.
    if (replication === "synchronous") {
      await client.query("ALTER SYSTEM SET synchronous_standby_names = 'standby'");
      await client.query("ALTER SYSTEM SET synchronous_commit = remote_apply");
      await client.query("SELECT pg_reload_conf()");
    }
    await waitFor(async () => {
      const { rows } = await client.query<{ state: string }>(
        "SELECT sync_state AS state FROM pg_stat_replication",
      );
      return rows[0]?.state === (replication === "synchronous" ? "sync" : "async");
    }, MAX_RECOVERY_MS);
    await client.end();
    await measure(
      `The primary is killed and its standby promoted, with ${replication} replication`,
      address.url,
      async () => {
        await primary.kill();
        await sleep(FAILURE_MS);
        await standby.promote();
        address.move(PORTS.standby);
        return {
          url: standby.url,
          notes: [`the standby was promoted ${FAILURE_MS / 1000} s after the primary's death`],
        };
      },
    );
  } finally {
    address.close();
    await Promise.all([primary.stop(), standby.stop()]);
  }
}

/** Measures a failover between two PostgreSQL servers. */
export async function failover(): Promise<void> {
  for (const replication of ["synchronous", "asynchronous"] as const)
    await withFolder((folder) => failOver(folder, replication));
}

/** Starts PostgreSQL again as soon as it has ended, as a service manager does. @returns a function that ends this */
function supervise(cluster: Cluster): () => Promise<number> {
  let starts = 0;
  let stopped = false;
  const supervising = (async () => {
    while (!stopped) {
      if (!(await cluster.isRunning())) {
        starts += 1;
        await cluster.start();
      }
      await sleep(500);
    }
  })();
  return async () => {
    stopped = true;
    await supervising;
    return starts;
  };
}

const VOLUME_MIB = 256;

/** Fills the volume of PostgreSQL's data, and frees it again. Needs the right to mount a file system. */
export async function fullVolume(): Promise<void> {
  await withFolder(async (folder) => {
    const volume = join(folder, "volume");
    await run("mkdir", [volume]);
    await run("mount", ["-t", "tmpfs", "-o", `size=${VOLUME_MIB}m,mode=777`, "tmpfs", volume]);
    try {
      const cluster = await createCluster({
        folder: join(volume, "data"),
        port: PORTS.primary,
        settings: ["min_wal_size = 32MB", "max_wal_size = 32MB"],
      });
      await cluster.start();
      const endSupervision = supervise(cluster);
      const ballast = join(volume, "ballast");
      await measure(`A volume of ${VOLUME_MIB} MiB is full (tmpfs)`, cluster.url, async (target) => {
        const file = await open(ballast, "w");
        const chunk = Buffer.alloc(64 * 1024);
        const filledMs = await waitFor(async () => {
          // Also fills the space that PostgreSQL frees meanwhile.
          const written = await file.write(chunk).catch(() => null);
          for (let n = 0; written !== null && n < 10_000; n += 1)
            if ((await file.write(chunk).catch(() => null)) === null) break;
          return !(await isReady(target));
        }, MAX_RECOVERY_MS);
        await file.close();
        await sleep(FAILURE_MS);
        const wasReady = await isReady(target);
        await rm(ballast);
        return {
          url: cluster.url,
          notes: [
            `the server was not ready ${filledMs ?? "never"} ms after the volume was full, and ${wasReady ? "READY" : "not ready"} ${FAILURE_MS / 1000} s later; then the space was freed`,
          ],
        };
      });
      const starts = await endSupervision();
      console.log(`  PostgreSQL had to be started ${starts} times by its supervisor`);
      await cluster.stop();
    } finally {
      await run("umount", ["-l", volume]);
    }
  });
}
