import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { createVirtualClock } from "@convergint/testing/virtual-clock";
import { afterEach, expect, test } from "vitest";
import { type Call, createRecorder, type Recorder } from "./recorder.ts";

const clock = createVirtualClock();
const { signal } = new AbortController();
let server: Server | undefined;
afterEach(() => server?.close().closeAllConnections());

async function serve(listener: RequestListener): Promise<string> {
  const started = createServer(listener);
  server = started;
  await new Promise<void>((resolve) => started.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(started.address() as AddressInfo).port}`;
}

async function ask(listener: RequestListener, call: Partial<Call> = {}) {
  const url = `${await serve(listener)}/`;
  const recorder = createRecorder({ credential: "the-key", signal, clock });
  return clock.run(() => recorder.call({ purpose: "ask", url, ...call }));
}

test.each([
  ["seconds", () => "1", 1000],
  ["a date", () => new Date(clock.now() + 1500).toUTCString(), 500],
  ["a date that has passed", () => new Date(0).toUTCString(), 0],
])("repeats a rate-limited call when Retry-After is %s", async (_, retryAfter, minMs) => {
  let asked = 0;
  const startedAt = clock.now();
  const exchange = await ask((_request, response) => {
    asked += 1;
    if (asked === 1) response.writeHead(429, { "retry-after": retryAfter() }).end();
    else response.end("{}");
  });
  expect([asked, exchange.response?.status]).toEqual([2, 200]);
  expect(clock.now() - startedAt).toBeGreaterThanOrEqual(minMs);
});

test.each(["", "soon", "86400"])("takes a 503 with Retry-After %j as the answer", async (retryAfter) => {
  let asked = 0;
  const exchange = await ask((_request, response) => {
    asked += 1;
    response.writeHead(503, retryAfter ? { "retry-after": retryAfter } : {}).end();
  });
  expect([asked, exchange.response?.status]).toEqual([1, 503]);
});

test("after a rate limit, makes one call at a time until every call has succeeded", async () => {
  let free = true;
  let asked = 0;
  const limited = createServer((_request, response) => {
    asked += 1;
    if (!free) return response.writeHead(429, { "retry-after": "0" }).end();
    free = false;
    clock.setTimer(() => {
      free = true;
    }, 30);
    return response.end("{}");
  });
  server = limited;
  await new Promise<void>((resolve) => limited.listen(0, "127.0.0.1", resolve));
  const recorder = createRecorder({ credential: "the-key", signal, clock });
  const url = `http://127.0.0.1:${(limited.address() as AddressInfo).port}/`;
  const all = await clock.run(() =>
    Promise.all(Array.from({ length: 12 }, () => recorder.call({ purpose: "ask", url }))),
  );
  expect(all.map(({ response }) => response?.status)).toEqual(Array.from({ length: 12 }, () => 200));
  // If all calls were retried at the same time, most would be rate-limited again and again.
  expect(asked).toBeLessThan(60);
});

test("sends the credential and does not record it", async () => {
  const exchange = await ask((request, response) => response.end(request.headers.authorization));
  expect(exchange.response?.body).toBe("Bearer the-key");
  expect(JSON.stringify(exchange.request)).not.toContain("the-key");
});

test("authenticates an OAuth client by HTTP Basic, with form-encoded id and secret, and a form body", async () => {
  const client = { clientId: "client: one", clientSecret: "s3cret/+ & not=shown" };
  const exchange = await ask(
    async (request, response) => {
      const body = Buffer.concat(await request.toArray()).toString();
      response.end(JSON.stringify([request.headers.authorization, request.headers["content-type"], body]));
    },
    { credential: client, method: "POST", form: { grant_type: "client_credentials" } },
  );
  const [authorization = "", type, body] = JSON.parse(exchange.response?.body ?? "") as string[];
  const login = Buffer.from(authorization.replace("Basic ", ""), "base64").toString();
  expect(login).toBe("client%3A+one:s3cret%2F%2B+%26+not%3Dshown");
  expect([type, body]).toEqual(["application/x-www-form-urlencoded", "grant_type=client_credentials"]);
  expect(exchange.request.headers["authorization"]).toBe("Basic [redacted]");
  expect(JSON.stringify(exchange.request)).not.toMatch(/s3cret|Y2xpZW50/);
});

test("gets an access token while the vendor rate-limits the call that needs it", async () => {
  let asked = 0;
  let tokens = 0;
  const credential = async (recorder: Recorder) => {
    tokens += 1;
    await recorder.call({ purpose: "get a token", url: `${base}/token`, credential: null });
    return `token-${tokens}`;
  };
  const base = await serve((request, response) => {
    asked += 1;
    if (asked === 2) response.writeHead(429, { "retry-after": "0" }).end();
    else response.end(request.headers.authorization ?? "none");
  });
  const recorder = createRecorder({ credential, signal, clock });
  for (const token of ["token-2", "token-3"]) {
    const exchange = await clock.run(() => recorder.call({ purpose: "ask", url: base }));
    expect(exchange.response?.body).toBe(`Bearer ${token}`);
  }
});

test("records a response that does not come within the time limit", async () => {
  const exchange = await ask(() => {});
  expect([exchange.response, exchange.failure]).toEqual([null, "no response within 30 s"]);
  expect(exchange.durationMs).toBeGreaterThanOrEqual(30_000);
});
