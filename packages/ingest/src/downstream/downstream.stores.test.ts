import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { createVerifier } from "@convergint/webhooks";
import { afterEach, describe, expect, test } from "vitest";
import { statusChanged } from "../testing/deliver.ts";
import { type Onboarded, startOnboarded } from "../testing/onboarded.ts";
import { ADMIN_TOKEN, type ServerSettings, temporaryDirectory } from "../testing/running-server.ts";
import { openTestStore } from "../testing/stores.ts";
import { createTestClock, type TestClock } from "../testing/test-clock.ts";

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});
async function start(settings: ServerSettings = {}): Promise<Onboarded & { readonly clock: TestClock }> {
  const clock = createTestClock();
  const at = await startOnboarded({ settings: { clock, ...settings } });
  closers.push(() => at.close());
  return { ...at, clock };
}

let moments = 0;
/** Creates a status event that is later than all previous ones. */
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

/** Rebuilds the statuses from the feed, as a consumer would. */
function rebuild(changes: readonly ShownChange[]): Readonly<Record<string, string>> {
  const statuses: Record<string, string> = {};
  for (const { kind, device_id, data } of changes) {
    if (kind !== "event" && device_id !== null && data.status) statuses[device_id] = data.status;
  }
  return statuses;
}

describe("the feed", () => {
  test("is read from any position, and every status can be rebuilt from it", async () => {
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
    expect(rebuild(read)).toEqual({ "cam-1": "degraded", "cam-2": "degraded" });
    expect(read.filter(({ kind }) => kind === "event")).toHaveLength(6);
    const [first] = (await at.server.get("/v1/feed?customer_id=other")).body.data;
    expect(first).toBeUndefined();
  });

  test("returns an event's numbers exactly as signed", async () => {
    const at = await start();
    const body = JSON.stringify(next("exact", "offline")).replace(
      '"data":{',
      '"data":{"serial":12345678901234567890,',
    );
    expect((await at.deliver(body, { id: "exact" })).status).toBe(204);
    expect((await at.server.get("/v1/feed")).text).toContain('"serial":12345678901234567890');
  });

  test("refuses a position ahead of the feed, which an older copy of the database would leave silent", async () => {
    const at = await start();
    await at.deliver(next("one", "offline"));
    const changes = (await at.server.get("/v1/feed")).body.data;
    const last = changes.at(-1).sequence;
    expect((await at.server.get(`/v1/feed?after=${last}`)).body).toEqual({ data: [] });
    for (const answer of [
      await at.server.get(`/v1/feed?after=${last + 1}`),
      await at.server.get(`/v1/feed/stream?after=${last + 1}`),
      await at.server.post("/v1/subscribers", { url: "https://own.example/in", after: last + 1 }),
    ]) {
      expect([answer.status, answer.body.code]).toEqual([410, "feed_reset"]);
    }
  });

  test("is not looked through again and again for the stream of a quiet customer", async () => {
    const [clock, directory] = [createTestClock(), await temporaryDirectory()];
    closers.push(directory.remove);
    const store = await openTestStore(join(directory.path, "ingest.db"));
    let reads = 0;
    const read: typeof store.changes.read = (query) => {
      reads += 1;
      return store.changes.read(query);
    };
    const database = { ...store, changes: { ...store.changes, read } };
    const at = await startOnboarded({ settings: { clock, database: database as never } });
    closers.push(() => at.close());
    await at.deliver(next("one", "offline"));
    const stream = await fetch(`${at.server.url}/v1/feed/stream?customer_id=another`, {
      headers: { authorization: `Bearer ${ADMIN_TOKEN}` },
    });
    let text = "";
    const reading = (async () => {
      for await (const chunk of stream.body ?? []) {
        text += Buffer.from(chunk).toString();
        if (text.includes("still here")) break;
      }
    })();
    await clock.advanceUntil(() => text.includes("still here"));
    await reading;
    expect(reads).toBe(1);
  });

  test.each(["\n", "\r", "\r\n"])(
    "streams a vendor's line breaks %j inside an event as one line",
    async (lineBreak) => {
      const at = await start();
      const body = JSON.stringify(next("lines", "offline"), null, 2).replaceAll("\n", lineBreak);
      expect((await at.deliver(body, { id: "lines" })).status).toBe(204);
      const ending = new AbortController();
      const { body: stream } = await fetch(`${at.server.url}/v1/feed/stream`, {
        headers: { authorization: `Bearer ${ADMIN_TOKEN}` },
        signal: ending.signal,
      });
      let text = "";
      for await (const chunk of stream ?? []) {
        text += Buffer.from(chunk).toString();
        if (text.includes("device_status")) break;
      }
      ending.abort();
      const data = [...text.matchAll(/^event: event\ndata: (.*)$/gm)].map(([, line]) =>
        JSON.parse(line ?? ""),
      );
      expect(data.map((change) => change.data.event.id)).toEqual(["lines"]);
    },
  );

  test("is streamed as server-sent events, and resumes after a disconnect", async () => {
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
    let isEnded = false;
    void resumed.finally(() => {
      isEnded = true;
    });
    await at.clock.advanceUntil(() => isEnded);
    const text = await resumed;
    expect(text).not.toContain('"id":"one"');
    expect(text).toContain('"id":"two"');
  });
});

describe("a subscriber", () => {
  test("is refused with a password in its URL, which every reader of subscribers would see", async () => {
    const at = await start();
    const answer = await at.server.post("/v1/subscribers", { url: "https://bob:Pa55w0rd@own.example/in" });
    expect([answer.status, answer.body.code]).toEqual([400, "invalid_parameter"]);
    expect(answer.text).not.toContain("Pa55w0rd");
  });

  /**
   * Runs the delivery loop several times. A second subscriber shows that each run has delivered everything.
   */
  async function lookSeveralTimes(at: Onboarded & { readonly clock: TestClock }) {
    const witness = await startSubscriber();
    await at.server.post("/v1/subscribers", { url: witness.url, after: 0 });
    await at.clock.advanceUntil(() => witness.received.length > 0);
    const end = at.clock.now() + 1200;
    await at.clock.advanceUntil(() => at.clock.now() >= end);
  }
  /** Starts a service that accepts deliveries while its status is 200. */
  async function startSubscriber() {
    const received: { headers: Record<string, string>; body: Buffer }[] = [];
    const state = { status: 200 };
    const server = createServer(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      received.push({
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
    const accepted = (): readonly ShownChange[] =>
      received.flatMap(({ body }) => JSON.parse(body.toString()).data as ShownChange[]);
    return { url, received, state, accepted };
  }

  test("receives every change, signed, in order, and again until it accepts them", async () => {
    const [at, subscriber] = [await start(), await startSubscriber()];
    const { status, body } = await at.server.post("/v1/subscribers", { url: subscriber.url, after: 0 });
    expect(status).toBe(201);
    subscriber.state.status = 500;
    await at.deliver(next("one", "offline"));
    await at.clock.advanceUntil(() => subscriber.received.length > 0);
    subscriber.state.status = 200;
    await at.deliver(next("two", "online"));
    await at.clock.advanceUntil(() => rebuild(subscriber.accepted())["cam-1"] === "online");

    const verify = createVerifier({ keys: [body.secret] });
    for (const each of subscriber.received) await expect(verify(each)).resolves.toBeDefined();
    const [listed] = (await at.server.get("/v1/subscribers")).body.data;
    expect(listed).toMatchObject({ subscriber_id: body.subscriber_id, url: subscriber.url });
    expect(listed).not.toHaveProperty("secret");
    await expect
      .poll(async () => (await at.server.get("/v1/subscribers")).body.data[0].position)
      .toBe(subscriber.accepted().at(-1)?.sequence);

    expect((await at.server.send("DELETE", `/v1/subscribers/${body.subscriber_id}`)).status).toBe(204);
    const before = subscriber.received.length;
    await at.deliver(next("three", "offline"));
    await lookSeveralTimes(at);
    expect(subscriber.received).toHaveLength(before);
  });

  /** The vendor may be anywhere, so that only the addresses of subscribers are judged. */
  const onlySubscribersGuarded = { vendorClient: { fetch }, allowPrivateNetworks: [] };

  test("is refused at a private address, and gets nothing at a name of one; no reader sees the query of its URL", async () => {
    const [at, subscriber] = [await start(onlySubscribersGuarded), await startSubscriber()];
    for (const [address, why] of [
      ["http://127.0.0.1:9/in", "this machine"],
      ["https://192.168.1.1/in", "a private or reserved address"],
      ["http://8.8.8.8/in", "without TLS"],
    ] as const) {
      const refused = await at.server.post("/v1/subscribers", { url: address });
      expect([refused.status, refused.body.code]).toEqual([422, "destination_refused"]);
      expect(refused.body.detail).toContain(why);
      expect(refused.body.detail).toContain(`--allow-subscriber-network ${new URL(address).hostname}`);
    }
    const url = subscriber.url.replace("127.0.0.1", "localhost");
    const { status, text } = await at.server.post("/v1/subscribers", {
      url: `${url}?token=canary`,
      after: 0,
    });
    expect([status, JSON.parse(text).url]).toEqual([201, url]);
    await at.deliver(next("one", "offline"));
    const refusals = () => at.server.logged.filter((line) => line.includes("--allow-subscriber-network"));
    await at.clock.advanceUntil(() => refusals().length > 0);
    expect(refusals()[0]).toMatch(/localhost \((127\.0\.0\.1|::1)\) are refused/);
    expect(subscriber.received).toEqual([]);
    const shown = [text, (await at.server.get("/v1/subscribers")).text, ...at.server.logged].join();
    expect(shown).not.toContain("canary");
  });

  test("is called in a network that only subscribers may be in", async () => {
    const networks = ["127.0.0.0/8", "::1"];
    const at = await start({ ...onlySubscribersGuarded, allowSubscriberNetworks: networks });
    const subscriber = await startSubscriber();
    const url = subscriber.url.replace("127.0.0.1", "localhost");
    expect((await at.server.post("/v1/subscribers", { url, after: 0 })).status).toBe(201);
    await at.deliver(next("one", "offline"));
    await at.clock.advanceUntil(() => subscriber.received.length > 0);
  });

  test("for a quiet customer does not look through other customers' changes again, and misses no change of the quiet customer", async () => {
    const [at, subscriber] = [await start(), await startSubscriber()];
    await at.server.post("/v1/subscribers", { url: subscriber.url, after: 0, customer_id: "another" });
    const batch = JSON.stringify(
      Array.from({ length: 60 }, (_, index) => next(`many-${index}`, "offline", `cam-${index}`)),
    );
    const headers = { "content-type": "application/cloudevents-batch+json" };
    expect((await at.deliver(batch, { id: "batch", headers })).status).toBe(200);
    const position = async () => (await at.server.get("/v1/subscribers")).body.data[0].position;
    await at.clock.advanceUntil(async () => (await position()) >= 100);
    expect(subscriber.received).toEqual([]);
    const place = { org_id: "org", site_id: "hq", customer_id: "another" };
    await at.server.send("PUT", `/v1/integrations/${at.integrationId}/bindings`, place);
    await at.clock.advanceUntil(() => subscriber.accepted().length >= 60);
    expect(Object.keys(rebuild(subscriber.accepted()))).toHaveLength(60);
  });

  test("for one customer receives no other customer's changes", async () => {
    const [at, subscriber] = [await start(), await startSubscriber()];
    await at.server.post("/v1/subscribers", { url: subscriber.url, after: 0, customer_id: "another" });
    await at.deliver(next("one", "offline"));
    await lookSeveralTimes(at);
    expect(subscriber.received).toEqual([]);
  });
});
