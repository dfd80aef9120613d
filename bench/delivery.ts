import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { createOutbox } from "@convergint/delivery";
import { createSqliteStore } from "@convergint/delivery/sqlite";

const HEALTHY = 8;
const EVENTS = 300;
const EVERY_MS = 5;
const ROUNDS = 3;

async function listen(listener: RequestListener): Promise<{ server: Server; url: string }> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/` };
}

const stop = (server: Server) =>
  new Promise<void>((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });

/** Two failing endpoints: one accepts requests and never answers, one does not exist. */
async function badEndpoints() {
  const hanging = await listen(() => {});
  const dead = await listen(() => {});
  await stop(dead.server);
  return { urls: [hanging.url, dead.url], stop: () => stop(hanging.server) };
}

/** Runs one round. @returns the milliseconds from enqueue to arrival at each healthy endpoint, and the events per second */
async function round(withBad: boolean): Promise<{ latencies: number[]; perSecond: number }> {
  const enqueuedAt = new Map<string, number>();
  const latencies: number[] = [];
  const all = Promise.withResolvers<void>();
  const lively = await Promise.all(
    Array.from({ length: HEALTHY }, () =>
      listen((request, response) => {
        const id = String(request.headers["webhook-id"]);
        latencies.push(performance.now() - (enqueuedAt.get(id) ?? Number.NaN));
        request.resume().once("end", () => response.writeHead(204).end());
        if (latencies.length === HEALTHY * EVENTS) all.resolve();
      }),
    ),
  );
  const bad = await badEndpoints();
  const folder = mkdtempSync(join(tmpdir(), "bench-delivery-"));
  const outbox = await createOutbox({
    store: await createSqliteStore({ path: join(folder, "outbox.sqlite") }),
    encryptionKey: randomBytes(32).toString("base64"),
    allowLoopback: true,
  });
  const urls = [...lively.map(({ url }) => url), ...(withBad ? bad.urls : [])];
  for (const url of urls) await outbox.registerEndpoint({ url });
  outbox.start();
  const began = performance.now();
  for (let number = 0; number < EVENTS; number += 1) {
    const data = { org_id: "org_1", site_id: "site_1", device_id: `dev_${number}` };
    enqueuedAt.set(`evt_${number}`, performance.now());
    void outbox.enqueue({ specversion: "1.0", id: `evt_${number}`, type: "example.changed.v1", data });
    await sleep(EVERY_MS);
  }
  await all.promise;
  const perSecond = (EVENTS * 1000) / (performance.now() - began);
  await outbox.close({ signal: AbortSignal.abort() });
  await bad.stop();
  for (const { server } of lively) await stop(server);
  rmSync(folder, { recursive: true });
  return { latencies, perSecond };
}

const quantile = (values: readonly number[], share: number): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length * share)] ?? Number.NaN;

/** Measures whether one hanging and one dead endpoint slow down the other eight, in alternating rounds. */
export async function delivery(): Promise<void> {
  const latencies = new Map<boolean, number[]>([
    [false, []],
    [true, []],
  ]);
  const speeds = new Map<boolean, number[]>([
    [false, []],
    [true, []],
  ]);
  for (let index = 0; index <= ROUNDS; index += 1) {
    for (const withBad of [false, true]) {
      const measured = await round(withBad);
      // The first round is a warm-up and is not counted.
      if (index === 0) continue;
      latencies.get(withBad)?.push(...measured.latencies);
      speeds.get(withBad)?.push(measured.perSecond);
    }
  }
  const rate = Math.round(1000 / EVERY_MS);
  console.log(
    `\ntime from enqueue to arrival at ${HEALTHY} endpoints, from SQLite, at up to ${rate} events/s`,
  );
  for (const [withBad, name] of [
    [false, "only the healthy endpoints"],
    [true, "plus one hanging and one dead"],
  ] as const) {
    const values = latencies.get(withBad) ?? [];
    const [p50, p99] = [quantile(values, 0.5), quantile(values, 0.99)].map((ms) => ms.toFixed(1).padStart(6));
    const perSecond = quantile(speeds.get(withBad) ?? [], 0.5).toFixed(0);
    console.log(`  ${name.padEnd(30)} p50 ${p50} ms   p99 ${p99} ms   ${perSecond.padStart(5)} events/s`);
  }
}
