import { type RetryQuestion, retryDelaySeconds } from "@convergint/internal/patience";
import { describe, expect, test } from "vitest";
import { CLIENT_PATIENCE } from "./patient-fetch.ts";
import { failureOf } from "./testing/failure-of.ts";
import { type Answers, device, json, startVendor } from "./testing/vendor.ts";
import { createVendorClient } from "./vendor-client.ts";

const busy = (status: 429 | 503, seconds?: number): RetryQuestion["failed"] => ({
  kind: "busy",
  status,
  retryAfterSeconds: seconds,
});
const broken = { kind: "broken" } as const;

describe("the wait before a retry", () => {
  test.each<[string, Partial<RetryQuestion>, number | null]>([
    ["as long as Retry-After says", { failed: busy(503, 7) }, 7],
    ["no retry if Retry-After is more than half a minute", { failed: busy(429, 31) }, null],
    ["half a second at most the first time", { random: 1 }, 0.5],
    ["and a quarter at least", { random: 0 }, 0.25],
    ["twice as long the next", { retries: 1, random: 1 }, 1],
    ["and again", { retries: 2, random: 1 }, 2],
    ["no fourth time", { retries: 3 }, null],
    ["no fourth retry, even with Retry-After", { retries: 3, failed: busy(503, 1) }, null],
    ["never where the call may have been done and must not be twice", { repeatable: false }, null],
    ["no retry if a 503 may come from a proxy", { repeatable: false, failed: busy(503) }, null],
    ["a retry if the vendor sends Retry-After", { repeatable: false, failed: busy(503, 2) }, 2],
    ["a retry after 429", { repeatable: false, failed: busy(429), random: 1 }, 0.5],
  ])("%s", (_, question, seconds) => {
    const asked = { failed: broken, retries: 0, repeatable: true, random: 0, ...question };
    expect(retryDelaySeconds(asked, CLIENT_PATIENCE)).toBe(seconds);
  });
});

/** A vendor that answers the first `bad` calls with `answers` and all later calls correctly. */
async function recoveringVendor(bad: number, answers: Answers) {
  const calls: string[] = [];
  const base = await startVendor((request, response, url) => {
    calls.push(`${request.method} ${url.pathname}`);
    if (calls.length <= bad) return answers(request, response, url);
    return json(response, request.method === "GET" ? device("d") : { event_id: "e" });
  });
  return {
    calls,
    vendor: createVendorClient({ baseUrl: base, credential: { apiKey: "k" }, timeoutSeconds: 0.5 }),
  };
}

describe("retries a call", () => {
  test.each<[string, Answers]>([
    [
      "when a busy vendor asks for it",
      (_, response) => response.writeHead(503, { "retry-after": "0" }).end(),
    ],
    ["when there were too many", (_, response) => response.writeHead(429).end()],
    ["when the connection is reset", ({ socket }) => socket.resetAndDestroy()],
    [
      "when it breaks off in the middle of an answer",
      ({ socket }, response) => {
        response.writeHead(200, { "content-length": "1000" }).write("{");
        setTimeout(() => socket.destroy(), 20);
      },
    ],
    ["when nothing comes", () => {}],
  ])("%s", async (_, answers) => {
    const { calls, vendor } = await recoveringVendor(2, answers);
    expect((await vendor.device("d")).device_id).toBe("d");
    expect(calls).toHaveLength(3);
  });

  test("up to four attempts", async () => {
    const { calls, vendor } = await recoveringVendor(9, ({ socket }) => socket.resetAndDestroy());
    expect((await failureOf(() => vendor.device("d"))).code).toBe("unreachable");
    expect(calls).toHaveLength(4);
  });

  test("but not a POST whose response was lost", async () => {
    const { calls, vendor } = await recoveringVendor(1, ({ socket }) => socket.resetAndDestroy());
    expect((await failureOf(() => vendor.pingWebhookEndpoint("e"))).code).toBe("unreachable");
    expect(calls).toEqual(["POST /v1/webhook-endpoints/e/ping"]);
  });

  test("also a POST, with its body, if the vendor did not process it", async () => {
    const bodies: string[] = [];
    const base = await startVendor(async (request, response) => {
      bodies.push(Buffer.concat(await request.toArray()).toString());
      if (bodies.length === 1) return response.writeHead(429, { "retry-after": "0" }).end();
      return json(response, {
        url: "https://consumer.example/",
        endpoint_id: "e",
        created_at: "2026-11-23T08:30:00Z",
        secret: "whsec_c2VjcmV0",
      });
    });
    const vendor = createVendorClient({ baseUrl: base, credential: { apiKey: "k" } });
    const destination = { url: "https://consumer.example/", org_id: "o", event_types: ["a.b.v1"] };
    expect((await vendor.createWebhookEndpoint(destination)).endpoint_id).toBe("e");
    expect(bodies.map((body) => JSON.parse(body))).toEqual([destination, destination]);
  });
});

describe("a caller's signal", () => {
  test("aborts one call and no other", async () => {
    const held: (() => void)[] = [];
    const base = await startVendor((_, response) => held.push(() => json(response, device("d"))));
    const vendor = createVendorClient({ baseUrl: base, credential: { apiKey: "k" } });
    const abort = new AbortController();
    const ended = failureOf(() => vendor.device("d", { signal: abort.signal }));
    const other = vendor.device("d");
    await expect.poll(() => held.length).toBe(2);
    abort.abort(new Error("not needed any more"));
    expect((await ended).code).toBe("aborted");
    for (const answer of held) answer();
    expect((await other).device_id).toBe("d");
  });

  test("aborts the wait before a retry", async () => {
    const abort = new AbortController();
    const base = await startVendor((_, response) => {
      response.writeHead(503, { "retry-after": "20" }).end();
      setTimeout(() => abort.abort(), 50);
    });
    const vendor = createVendorClient({ baseUrl: base, credential: { apiKey: "k" } });
    const started = performance.now();
    expect((await failureOf(() => vendor.device("d", { signal: abort.signal }))).code).toBe("aborted");
    expect(performance.now() - started).toBeLessThan(10_000);
  });

  test("aborts the wait for a manifest without affecting other callers", async () => {
    let answer: ((response: Response) => void) | undefined;
    const vendor = createVendorClient({
      baseUrl: "https://vendor.example",
      credential: { apiKey: "k" },
      fetch: () =>
        new Promise((resolve) => {
          answer = resolve;
        }),
    });
    const abort = new AbortController();
    const ended = failureOf(() => vendor.manifest({ signal: abort.signal }));
    const other = failureOf(() => vendor.manifest());
    abort.abort();
    expect((await ended).code).toBe("aborted");
    answer?.(new Response("no manifest"));
    expect((await other).code).toBe("not_json");
  });

  test("makes no call if already aborted", async () => {
    let calls = 0;
    const base = await startVendor((_, response) => {
      calls += 1;
      json(response, device("d"));
    });
    const vendor = createVendorClient({ baseUrl: base, credential: { apiKey: "k" } });
    await vendor.manifest();
    expect((await failureOf(() => vendor.device("d", { signal: AbortSignal.abort() }))).code).toBe("aborted");
    expect(calls).toBe(0);
  });

  test("aborts a listing between two pages", async () => {
    const abort = new AbortController();
    let pages = 0;
    const base = await startVendor((_, response) => {
      pages += 1;
      json(response, { ...pageOf(pages) });
    });
    const vendor = createVendorClient({ baseUrl: base, credential: { apiKey: "k" } });
    const read = async () => {
      for await (const _ of vendor.devices({}, { signal: abort.signal })) abort.abort();
    };
    expect((await failureOf(read)).code).toBe("aborted");
    expect(pages).toBe(1);
  });
});

const pageOf = (n: number) => ({
  data: [device(`d${n}`)],
  next_cursor: `n${n}`,
  snapshot: { id: "snap", as_of: "2026-11-23T08:30:00Z" },
});
