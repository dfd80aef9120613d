import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test } from "vitest";
import { type Call, createRecorder, type Recorder } from "./recorder.ts";

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
  const recorder = createRecorder({ credential: "the-key", signal: new AbortController().signal });
  return recorder.call({ purpose: "ask", url, ...call });
}

test.each([
  ["seconds", () => "1"],
  ["a date", () => new Date(Date.now() + 1500).toUTCString()],
  ["a date that has passed", () => new Date(0).toUTCString()],
])("a busy vendor that names %s is asked again then", async (_, retryAfter) => {
  let asked = 0;
  const exchange = await ask((_request, response) => {
    asked += 1;
    if (asked === 1) response.writeHead(429, { "retry-after": retryAfter() }).end();
    else response.end("{}");
  });
  expect([asked, exchange.response?.status]).toEqual([2, 200]);
});

test.each(["", "soon", "86400"])("one that says Retry-After %j has given its answer", async (retryAfter) => {
  let asked = 0;
  const exchange = await ask((_request, response) => {
    asked += 1;
    response.writeHead(503, retryAfter ? { "retry-after": retryAfter } : {}).end();
  });
  expect([asked, exchange.response?.status]).toEqual([1, 503]);
});

test("a vendor that takes one call a moment is asked by one call at a time, until each is answered", async () => {
  let free = true;
  let asked = 0;
  const limited = createServer((_request, response) => {
    asked += 1;
    if (!free) return response.writeHead(429, { "retry-after": "0" }).end();
    free = false;
    setTimeout(() => {
      free = true;
    }, 30);
    return response.end("{}");
  });
  server = limited;
  await new Promise<void>((resolve) => limited.listen(0, "127.0.0.1", resolve));
  const recorder = createRecorder({ credential: "the-key", signal: new AbortController().signal });
  const url = `http://127.0.0.1:${(limited.address() as AddressInfo).port}/`;
  const all = await Promise.all(Array.from({ length: 12 }, () => recorder.call({ purpose: "ask", url })));
  expect(all.map(({ response }) => response?.status)).toEqual(Array.from({ length: 12 }, () => 200));
  // A crowd that came back together would have been refused over and over.
  expect(asked).toBeLessThan(60);
});

test("the credential is sent, and kept out of what is recorded", async () => {
  const exchange = await ask((request, response) => response.end(request.headers.authorization));
  expect(exchange.response?.body).toBe("Bearer the-key");
  expect(JSON.stringify(exchange.request)).not.toContain("the-key");
});

test("an OAuth client logs in by HTTP Basic, both parts form-encoded, with a form for body", async () => {
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

test("a token that is got when it is wanted may be asked for by a vendor that takes one call at a time", async () => {
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
  const recorder = createRecorder({ credential, signal: new AbortController().signal });
  for (const token of ["token-2", "token-3"]) {
    const exchange = await recorder.call({ purpose: "ask", url: base });
    expect(exchange.response?.body).toBe(`Bearer ${token}`);
  }
});
