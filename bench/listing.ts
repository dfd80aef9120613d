import { type ChildProcess, execFile, fork } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, rm, stat } from "node:fs/promises";
import { type IncomingMessage, request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { setTimeout as pause } from "node:timers/promises";
import { promisify } from "node:util";
import { startPostgres } from "@convergint/testing/postgres";
import pg from "pg";
import { load } from "./http-load.ts";
import { eventRequests } from "./ingest-events.ts";
import { start, type Target } from "./ingest-rounds.ts";

/** How many devices the listing has, unless an option says otherwise. */
export const DEVICES = 50_000;
const WEBHOOKS_PER_SECOND = 100;
/** The number of connections. Each sends one webhook every 100 ms. */
const CONNECTIONS = WEBHOOKS_PER_SECOND / 10;
const WARM_UP = 40_000;
const WARM_UP_CONNECTIONS = 256;
const SAMPLE_MS = 250;
const ALLOWED = { memoryMb: 150, p99Ms: 500 };

/** The server under test, as `ingest-server.ts` describes it. */
interface Server extends Target {
  readonly admin: string;
  readonly integrationId: string;
  readonly pid: number;
}

const run = promisify(execFile);
const toMb = (bytes: number): string => `${Math.round(bytes / 1e6).toLocaleString("en")} MB`;
const quantile = (values: readonly number[], share: number): number =>
  values.toSorted((a, b) => a - b)[Math.floor((values.length - 1) * share)] ?? Number.NaN;

async function readRss(pid: number): Promise<number> {
  const { stdout } = await run("ps", ["-o", "rss=", "-p", String(pid)]);
  return Number(stdout) * 1024;
}

/** Calls the server's API. `fetch` would give up after five minutes, and a sync may take longer. */
async function call<Answer>(server: Server, method: string, path: string): Promise<Answer> {
  const headers = { authorization: `Bearer ${server.admin}` };
  const sent = request({ host: "127.0.0.1", port: server.port, method, path, headers }).end();
  const [response] = (await once(sent, "response")) as [IncomingMessage];
  const answer = await text(response);
  if (response.statusCode !== 200) throw new Error(`${method} ${path}: ${response.statusCode} ${answer}`);
  return JSON.parse(answer) as Answer;
}

/** Repeats something until it is stopped. @returns what it measured */
function repeat(measure: () => Promise<readonly number[]>, everyMs: number) {
  let isStopped = false;
  const values: number[] = [];
  const running = (async () => {
    while (!isStopped) {
      const next = pause(everyMs);
      values.push(...(await measure()));
      await next;
    }
  })();
  // An error is reported when the values are wanted.
  running.catch(() => {});
  return async () => {
    isStopped = true;
    await running;
    return values;
  };
}

async function time(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
}

/** @returns the id of any device of the listing; the vendor numbers its devices in the same way */
function chooseDevice(devices: number): string {
  const number = (Math.floor(Math.random() * devices) * 387_420_489) % 1e12;
  return `c0a8f6d2-1b7e-4a55-8a52-${String(number).padStart(12, "0")}`;
}

/** Loads the server with webhooks only, so that its caches and heaps have the size that they have under load. */
async function warmUp({ port, path, secret }: Server, devices: number): Promise<void> {
  for (let sent = 0; sent < WARM_UP; sent += WARM_UP / 10) {
    const requests = await eventRequests(WARM_UP / 10, path, secret, () => chooseDevice(devices));
    await load(port, requests, WARM_UP_CONNECTIONS);
  }
}

/** Sends webhooks about devices of the listing, and returns how long each acknowledgement took. */
function sendWebhooks({ port, path, secret }: Server, devices: number) {
  return repeat(async () => {
    const requests = await eventRequests(CONNECTIONS, path, secret, () => chooseDevice(devices));
    return (await load(port, requests, CONNECTIONS)).milliseconds;
  }, 1000 / CONNECTIONS);
}

/** Applies one listing while webhooks arrive, and prints what that cost. */
async function measure(
  title: string,
  server: Server,
  vendor: ChildProcess,
  devices: number,
  readWal: () => Promise<number>,
): Promise<void> {
  const memoryAtRest = await readRss(server.pid);
  await warmUp(server, devices);
  const memoryBefore = await readRss(server.pid);
  vendor.send(devices);
  const stopWebhooks = sendWebhooks(server, devices);
  const stopReads = repeat(async () => {
    const path = `/v1/devices?limit=100&integration_id=${server.integrationId}`;
    return [await time(() => call(server, "GET", path))];
  }, SAMPLE_MS);
  const stopMemory = repeat(async () => [await readRss(server.pid)], SAMPLE_MS);
  const stopWal = repeat(async () => [await readWal()], SAMPLE_MS);
  let outcome: { readonly changes: object } | undefined;
  const ms = await time(async () => {
    outcome = await call(server, "POST", `/v1/integrations/${server.integrationId}/sync`);
  });
  const acknowledged = await stopWebhooks();
  const reads = await stopReads();
  const memory = (await stopMemory()).reduce((most, rss) => Math.max(most, rss), 0);
  const wal = (await stopWal()).reduce((most, bytes) => Math.max(most, bytes), 0);
  const rate = `${Math.round(devices / (ms / 1000)).toLocaleString("en")} devices/s`;
  const milliseconds = (values: readonly number[]) =>
    `p50 ${quantile(values, 0.5).toFixed(0)} ms, p99 ${quantile(values, 0.99).toFixed(0)} ms, max ${quantile(values, 1).toFixed(0)} ms`;
  console.log(`\n${title}: a listing of ${devices.toLocaleString("en")} devices, while webhooks arrive`);
  console.log(
    `  read and applied in ${(ms / 1000).toFixed(0)} s (${rate}); ${JSON.stringify(outcome?.changes)}`,
  );
  console.log(
    `  ${acknowledged.length.toLocaleString("en")} webhooks acknowledged, ${milliseconds(acknowledged)} (allowed: p99 ${ALLOWED.p99Ms} ms)`,
  );
  console.log(`  ${reads.length.toLocaleString("en")} reads of 100 devices, ${milliseconds(reads)}`);
  console.log(
    `  memory grew by ${toMb(memory - memoryBefore)}, from ${toMb(memoryBefore)} (at rest: ${toMb(memoryAtRest)}) (allowed: ${ALLOWED.memoryMb} MB)`,
  );
  console.log(`  write-ahead log at most ${toMb(wal)}`);
}

async function onSqlite(vendor: ChildProcess, baseUrl: string, devices: number): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "bench-listing-"));
  const file = join(folder, `${randomUUID()}.db`);
  const server = (await start("./ingest-server.ts", file, "events", baseUrl)) as Server;
  try {
    await measure("SQLite", server, vendor, devices, async () => (await stat(`${file}-wal`)).size);
  } finally {
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

async function onPostgres(vendor: ChildProcess, baseUrl: string, devices: number): Promise<void> {
  const postgres = await startPostgres({ durable: true });
  if (!postgres) return;
  const database = await postgres.createDatabase();
  const server = (await start("./ingest-server.ts", database, "events", baseUrl)) as Server;
  const client = new pg.Client({ connectionString: database });
  await client.connect();
  const readWal = async () => {
    const { rows } = await client.query<{ size: string }>("SELECT sum(size) AS size FROM pg_ls_waldir()");
    return Number(rows[0]?.size);
  };
  try {
    await measure("PostgreSQL", server, vendor, devices, readWal);
  } finally {
    await client.end();
    await server.stop();
    await postgres.stop();
  }
}

/** Measures what a large listing costs the webhooks that arrive while it is read and applied. */
export async function listing({ devices }: { readonly devices: number }): Promise<void> {
  const vendor = fork(join(import.meta.dirname, "inventory-vendor.ts"), { stdio: "inherit" });
  try {
    const [port] = (await once(vendor, "message")) as [number];
    const baseUrl = `http://127.0.0.1:${port}/changing`;
    await onSqlite(vendor, baseUrl, devices);
    vendor.send(0);
    await onPostgres(vendor, baseUrl, devices);
  } finally {
    vendor.kill();
  }
}
