import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { Agent, request } from "node:http";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { sign } from "@convergint/webhooks";
import { createEvent } from "./ingest-events.ts";
import { start, type Target } from "./ingest-rounds.ts";

const SECONDS = 60;
const HONEST_PER_SECOND = 50;
const FORGED_PER_SECOND = 200;
const BODY_BYTES = 256 * 1024;
/** How long the senders pause between two looks at the clock. */
const TICK_MS = 5;

const fill = (open: string, item: string, close: string): string => {
  const count = Math.floor((BODY_BYTES - open.length - close.length) / (item.length + 1));
  return open + Array(count).fill(item).join(",") + close;
};

/** Bodies of 256 KiB that are expensive to explain, each in another way. */
const FORGED = [
  fill("[", "1.50", "]"),
  fill("[".repeat(190), "1", "]".repeat(190)),
  fill("[", '{"id":"evt<&>","a":null}', "]"),
  fill("[", `"${'\\"'.repeat(20)}"`, "]"),
].map((text) => Buffer.from(text));

interface Delivery {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Buffer;
}

async function makeHonest(secret: string): Promise<Delivery> {
  const { id, text } = createEvent();
  const signed = await sign({ id, body: text, keys: secret });
  return { headers: { "content-type": "application/cloudevents+json", ...signed }, body: text };
}

function makeForged(number: number): Delivery {
  const headers = {
    "content-type": "application/cloudevents-batch+json",
    "webhook-id": `forged_${number}`,
    "webhook-timestamp": String(Math.floor(Date.now() / 1000)),
    "webhook-signature": `v1,${randomBytes(32).toString("base64")}`,
  };
  return { headers, body: FORGED[number % FORGED.length] ?? "" };
}

/** What happened to the deliveries of one sender. */
interface Sent {
  /** How many deliveries were answered with each status; 0 for those without an answer. */
  readonly statuses: Readonly<Record<number, number>>;
  /** Milliseconds from the moment at which the delivery was due to its answer. */
  readonly p50: number;
  readonly p99: number;
}

/** Sends at a fixed rate, whether or not the server answers, so that a slow server cannot slow the sender down. */
async function sendAtRate(
  { port, path }: Target,
  perSecond: number,
  make: (number: number) => Promise<Delivery> | Delivery,
): Promise<Sent> {
  const agent = new Agent({ keepAlive: true });
  const statuses: Record<number, number> = {};
  const milliseconds: number[] = [];
  const post = ({ headers, body }: Delivery, dueAt: number) =>
    new Promise<void>((resolve) => {
      const end = (status: number) => {
        statuses[status] = (statuses[status] ?? 0) + 1;
        milliseconds.push(performance.now() - dueAt);
        resolve();
      };
      const options = { agent, host: "127.0.0.1", port, path, method: "POST" };
      request(
        { ...options, headers: { ...headers, "content-length": Buffer.byteLength(body) } },
        (response) => {
          response.resume().on("end", () => end(response.statusCode ?? 0));
        },
      )
        .on("error", () => end(0))
        .end(body);
    });
  const startedAt = performance.now();
  const pending: Promise<void>[] = [];
  for (let number = 0; number < SECONDS * perSecond; number += 1) {
    const dueAt = startedAt + (number * 1000) / perSecond;
    while (performance.now() < dueAt) await sleep(TICK_MS);
    const delivery = await make(number);
    pending.push(post(delivery, dueAt));
  }
  await Promise.all(pending);
  agent.destroy();
  const sorted = milliseconds.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.floor((sorted.length - 1) * share)] ?? Number.NaN;
  return { statuses, p50: at(0.5), p99: at(0.99) };
}

const ms = (value: number): string => `${value.toFixed(1)} ms`;

/** Prints the result of one phase, with what the server used since the phase before. */
async function report(title: string, target: Target, { statuses, p50, p99 }: Sent): Promise<void> {
  const loop = await target.usage();
  console.log(`  ${title}`);
  console.log(`    honest deliveries   p50 ${ms(p50)}  p99 ${ms(p99)}  answers ${JSON.stringify(statuses)}`);
  console.log(
    `    server's event loop p50 ${ms(loop.p50)}  p99 ${ms(loop.p99)}  max ${ms(loop.max)}  processor time ${loop.loopSeconds.toFixed(1)} s, of all threads ${loop.cpuSeconds.toFixed(1)} s`,
  );
}

/**
 * Measures honest deliveries, and the delay of the server's event loop, while someone without the secret sends 200
 * deliveries of 256 KiB per second. The target is an honest p99 under 100 ms on a quiet machine.
 */
export async function forged(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "bench-forged-"));
  const target = await start("./ingest-server.ts", join(folder, "forged.db"));
  try {
    const honest = () => sendAtRate(target, HONEST_PER_SECOND, () => makeHonest(target.secret));
    console.log(
      `\n${HONEST_PER_SECOND} honest deliveries/s for ${SECONDS} s, SQLite; load ${loadavg()[0]?.toFixed(1)}`,
    );
    await report("floor: only honest deliveries", target, await honest());
    const [sent, refused] = await Promise.all([honest(), sendAtRate(target, FORGED_PER_SECOND, makeForged)]);
    await report(`with ${FORGED_PER_SECOND} forged deliveries/s of 256 KiB`, target, sent);
    console.log(
      `    forged deliveries   answers ${JSON.stringify(refused.statuses)}; load ${loadavg()[0]?.toFixed(1)}`,
    );
  } finally {
    await target.stop();
    await rm(folder, { recursive: true, force: true });
  }
}
