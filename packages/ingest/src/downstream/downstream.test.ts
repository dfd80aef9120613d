import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createVerifier } from "@convergint/webhooks";
import { afterEach, describe, expect, test } from "vitest";
import { statusChanged } from "../testing/deliver.ts";
import { type Onboarded, startOnboarded } from "../testing/onboarded.ts";
import { ADMIN_TOKEN } from "../testing/running-server.ts";

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});
async function start(): Promise<Onboarded> {
  const at = await startOnboarded();
  closers.push(() => at.close());
  return at;
}

let moments = 0;
/** A status that is later than every one before. */
const next = (id: string, status: string, device_id = "cam-1") =>
  statusChanged({
    id,
    time: new Date(Date.UTC(2026, 10, 23, 8, 0, ++moments)).toISOString(),
    data: { device_id, status },
  });

interface ShownChange {
  readonly sequence: number;
  readonly kind: string;
  readonly device_id: string | null;
  readonly data: { readonly status?: string };
}

/** What a consumer knows who has read nothing but changes. */
function rebuilt(changes: readonly ShownChange[]): Readonly<Record<string, string>> {
  const statuses: Record<string, string> = {};
  for (const { kind, device_id, data } of changes) {
    if (kind !== "event" && device_id !== null && data.status) statuses[device_id] = data.status;
  }
  return statuses;
}

describe("the feed", () => {
  test("is read on from wherever a reader was, and tells every status", async () => {
    const at = await start();
    for (const [index, status] of ["offline", "online", "degraded"].entries()) {
      await at.deliver(next(`a-${index}`, status));
      await at.deliver(next(`b-${index}`, status, "cam-2"));
    }
    const read: ShownChange[] = [];
    for (let after = 0; ; ) {
      const { body } = await at.server.get(`/v1/feed?limit=2&after=${after}`);
      if (body.data.length === 0) break;
      read.push(...body.data);
      after = body.data.at(-1).sequence;
    }
    expect(read.map(({ sequence }) => sequence)).toEqual(
      read.map(({ sequence }) => sequence).toSorted((a, b) => a - b),
    );
    expect(rebuilt(read)).toEqual({ "cam-1": "degraded", "cam-2": "degraded" });
    expect(read.filter(({ kind }) => kind === "event")).toHaveLength(6);
    const [first] = (await at.server.get("/v1/feed?customer_id=nobody")).body.data;
    expect(first).toBeUndefined();
  });

  test("shows an event with its numbers as they were signed", async () => {
    const at = await start();
    const body = JSON.stringify(next("exact", "offline")).replace(
      '"data":{',
      '"data":{"serial":12345678901234567890,',
    );
    expect((await at.deliver(body, { id: "exact" })).status).toBe(204);
    expect((await at.server.get("/v1/feed")).text).toContain('"serial":12345678901234567890');
  });

  test("comes as server-sent events too, and goes on where a reader was cut off", async () => {
    const at = await start();
    await at.deliver(next("one", "offline"));
    const listen = async (headers: Record<string, string>, until: string) => {
      const ending = new AbortController();
      const response = await fetch(`${at.server.url}/v1/feed/stream`, {
        headers: { authorization: `Bearer ${ADMIN_TOKEN}`, ...headers },
        signal: ending.signal,
      });
      expect(response.headers.get("content-type")).toMatch(/^text\/event-stream/);
      let text = "";
      for await (const chunk of response.body ?? []) {
        text += Buffer.from(chunk).toString();
        if (text.includes(until)) break;
      }
      ending.abort();
      return text;
    };
    const first = await listen({}, "device_status");
    expect(first).toContain("event: event");
    const ids = [...first.matchAll(/^id: (\d+)$/gm)].map(([, id]) => Number(id));
    const resumed = listen({ "last-event-id": String(ids.at(-1)) }, '"two"');
    await at.deliver(next("two", "online"));
    const text = await resumed;
    expect(text).not.toContain('"id":"one"');
    expect(text).toContain('"id":"two"');
  });
});

describe("a subscriber", () => {
  /** A service of ours: it takes what it is told unless it is told not to. */
  async function startSubscriber() {
    const told: { headers: Record<string, string>; body: Buffer }[] = [];
    const state = { status: 200 };
    const server = createServer(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      told.push({
        headers: request.headers as Record<string, string>,
        body: Buffer.concat(chunks),
      });
      response.writeHead(state.status).end();
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    closers.push(async () => {
      server.closeAllConnections();
      server.close();
    });
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/changes`;
    const taken = (): readonly ShownChange[] =>
      told.flatMap(({ body }) => JSON.parse(body.toString()).data as ShownChange[]);
    return { url, told, state, taken };
  }

  test("is told of every change, signed, in order, and again until it takes them", async () => {
    const [at, subscriber] = [await start(), await startSubscriber()];
    const { status, body } = await at.server.post("/v1/subscribers", { url: subscriber.url, after: 0 });
    expect(status).toBe(201);
    subscriber.state.status = 500;
    await at.deliver(next("one", "offline"));
    await expect.poll(() => subscriber.told.length, { timeout: 5000 }).toBeGreaterThan(0);
    subscriber.state.status = 200;
    await at.deliver(next("two", "online"));
    await expect.poll(() => rebuilt(subscriber.taken())["cam-1"], { timeout: 15_000 }).toBe("online");

    const verify = createVerifier({ keys: [body.secret] });
    for (const each of subscriber.told) await expect(verify(each)).resolves.toBeDefined();
    const [listed] = (await at.server.get("/v1/subscribers")).body.data;
    expect(listed).toMatchObject({ subscriber_id: body.subscriber_id, url: subscriber.url });
    expect(listed).not.toHaveProperty("secret");
    await expect
      .poll(async () => (await at.server.get("/v1/subscribers")).body.data[0].position, { timeout: 5000 })
      .toBe(subscriber.taken().at(-1)?.sequence);

    expect((await at.server.send("DELETE", `/v1/subscribers/${body.subscriber_id}`)).status).toBe(204);
    const before = subscriber.told.length;
    await at.deliver(next("three", "offline"));
    await new Promise((resolve) => setTimeout(resolve, 1200));
    expect(subscriber.told).toHaveLength(before);
  }, 40_000);

  test("that is of one customer is told of no other's", async () => {
    const [at, subscriber] = [await start(), await startSubscriber()];
    await at.server.post("/v1/subscribers", { url: subscriber.url, after: 0, customer_id: "another" });
    await at.deliver(next("one", "offline"));
    await new Promise((resolve) => setTimeout(resolve, 1200));
    expect(subscriber.told).toEqual([]);
  });
});
