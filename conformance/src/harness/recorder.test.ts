import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";
import { PROXY_PASSWORD, startConnectProxy } from "@convergint/testing/connect-proxy";
import { createVirtualClock } from "@convergint/testing/virtual-clock";
import { afterEach, describe, expect, test } from "vitest";
import { createSender } from "../fuzz/send.ts";
import { type DestinationGuard, guardDestinations } from "../suite/vendor-watch.ts";
import { createPoster } from "./poster.ts";
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

test("takes a 503 with a Retry-After of a day as the answer", async () => {
  let asked = 0;
  const exchange = await ask((_request, response) => {
    asked += 1;
    response.writeHead(503, { "retry-after": "86400" }).end();
  });
  expect([asked, exchange.response?.status]).toEqual([1, 503]);
});

/** Makes a server that fails a given number of calls in one way and answers all later calls. */
const failing = (
  how: number | "close" | "cut",
  times: number,
): { asked: number; listener: RequestListener } => {
  const seen = {
    asked: 0,
    listener: ((request, response) => {
      seen.asked += 1;
      if (seen.asked > times) return response.end("{}");
      if (how === "close") return request.socket.destroy();
      if (typeof how === "number") return response.writeHead(how).end();
      response.writeHead(200, { "content-length": "99" }).write("{");
      return clock.setTimer(() => request.socket.destroy(), 1);
    }) satisfies RequestListener,
  };
  return seen;
};

describe("a failure that may be temporary", () => {
  test.each([500, 502, 503, 504, 429, "close", "cut"] as const)(
    "%s: repeats a GET at once, after 1 s and after 5 s, and keeps every attempt",
    async (how) => {
      const failures = failing(how, 3);
      const exchange = await ask(failures.listener);
      expect([failures.asked, exchange.response?.status]).toEqual([4, 200]);
      const attempts = [...(exchange.earlier ?? []), exchange];
      expect(attempts.map(({ id }) => id)).toEqual(["x1", "x2", "x3", "x4"]);
      expect(attempts.every(({ earlier }) => earlier === undefined || earlier.length === 3)).toBe(true);
      const starts = attempts.map(({ startedAt }) => Date.parse(startedAt));
      const waits = starts.slice(1).map((start, index) => Math.floor((start - (starts[index] ?? 0)) / 1000));
      expect(waits).toEqual([0, 1, 5]);
    },
  );

  test.each([500, "close"] as const)("%s: returns the last attempt if every attempt fails", async (how) => {
    const failures = failing(how, 99);
    const exchange = await ask(failures.listener);
    expect([failures.asked, exchange.response?.status ?? null]).toEqual([4, how === "close" ? null : 500]);
  });

  test.each<[number | "close", Partial<Call>, number]>([
    [500, { method: "POST" }, 1],
    ["close", { method: "POST" }, 1],
    [503, { method: "POST" }, 2],
    ["close", { method: "POST", repeatable: true }, 2],
    [500, { method: "DELETE" }, 1],
    [404, {}, 1],
    [501, {}, 1],
  ])("%s to %o: %i attempts", async (how, call, attempts) => {
    const failures = failing(how, 1);
    await ask(failures.listener, call);
    expect(failures.asked).toBe(attempts);
  });

  test("does not wait for the retries of later calls once five calls were lost", async () => {
    const url = await serve(failing(500, 999).listener);
    const recorder = createRecorder({ credential: "the-key", signal, clock });
    const attempts: number[] = [];
    for (let call = 0; call < 7; call += 1) {
      const { earlier = [] } = await clock.run(() => recorder.call({ purpose: "ask", url }));
      attempts.push(earlier.length + 1);
    }
    expect(attempts).toEqual([4, 4, 4, 4, 4, 2, 2]);
  });

  test("keeps the attempts before and after a rate limit", async () => {
    const answers = [500, 429, 500, 200];
    let asked = 0;
    const exchange = await ask((_request, response) => {
      response
        .writeHead(answers[asked] ?? 200, { ...(answers[asked] === 429 && { "retry-after": "1" }) })
        .end();
      asked += 1;
    });
    const attempts = [...(exchange.earlier ?? []), exchange];
    expect(attempts.map(({ response }) => response?.status)).toEqual(answers);
  });
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

describe("does not read a response of 40 MB, of which 40 kB are sent", () => {
  const megabyte = gzipSync(Buffer.alloc(1024 * 1024, " "));
  const huge: RequestListener = (_request, response) =>
    response.writeHead(200, { "content-encoding": "gzip" }).end(Buffer.concat(Array(40).fill(megabyte)));

  test("from a vendor", async () => {
    const exchange = await ask(huge);
    expect(exchange.failure).toMatch(/larger than 33554432 bytes/);
  });

  test("from a consumer", async () => {
    const poster = createPoster(
      new URL(await serve(huge)),
      "whsec_c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0",
      signal,
      { clock },
    );
    const exchange = await clock.run(() => poster.post({ purpose: "post", id: "evt_1", body: "{}" }));
    expect(exchange.failure).toMatch(/larger than 1048576 bytes/);
  });

  test("from a vendor that is fuzzed", async () => {
    const url = new URL(await serve(huge));
    const sender = createSender(signal, clock);
    const request = { method: "GET", url, rawPath: "/", headers: {}, body: null, parameters: [], ids: {} };
    const outcome = await clock.run(() => sender.send(request));
    sender.close();
    expect(outcome.failure).toMatch(/larger than 33554432 bytes/);
  });
});

describe("the guard of a run", () => {
  /** The guard of a public target; no test connects to it. */
  const PUBLIC = new URL("https://8.8.8.8");
  const askThrough = async (guard: DestinationGuard, url: string) => {
    const recorder = createRecorder({ credential: "the-key", signal, clock, guard });
    const sender = createSender(signal, clock, guard);
    const request = {
      ...{ method: "GET", url: new URL(url), rawPath: "/", headers: {} },
      ...{ body: null, parameters: [], ids: {} },
    };
    const [called, sent] = await clock.run(() =>
      Promise.all([recorder.call({ purpose: "ask", url }), sender.send(request)]),
    );
    sender.close();
    await guard.close();
    return [called.failure ?? called.response?.status, sent.failure ?? sent.answer?.status];
  };

  test.each([
    ["a loopback address", "127.0.0.1", ["127.0.0.1"]],
    ["a name of this machine, which is judged when it connects", "localhost", ["localhost"]],
    ["another domain", "127.0.0.1", []],
  ])("keeps a public target's key from %s", async (_, host, allowHosts) => {
    let asked = 0;
    const url = await serve((_request, response) => {
      asked += 1;
      response.end("{}");
    });
    const guard = await guardDestinations(PUBLIC, { allowHosts });
    const advice = allowHosts.length > 0 ? "--allow-private-network" : `--allow-host ${host}`;
    const failure = expect.stringMatching(new RegExp(`^destination_refused: .*${advice}`));
    expect(await askThrough(guard, url.replace("127.0.0.1", host))).toEqual([failure, failure]);
    expect(asked).toBe(0);
  });

  test.each([
    ["a target on this machine", "http://localhost", {}],
    [
      "a public target with a private network and a host that the user allows",
      PUBLIC.href,
      { allowHosts: ["localhost"], allowPrivateNetworks: ["127.0.0.0/8", "::1"] },
    ],
  ])("lets calls through to %s", async (_, target, allowed) => {
    const url = await serve((_request, response) => response.end("{}"));
    const guard = await guardDestinations(new URL(target), allowed);
    expect(await askThrough(guard, url.replace("127.0.0.1", "localhost"))).toEqual([200, 200]);
  });

  test.each([
    ["local", "8.8.8.8", "8.8.8.8:80"],
    ["remote", "vendor.example.com", "vendor.example.com:80"],
  ] as const)("calls public addresses through the user's proxy, with %s DNS", async (dns, host, asked) => {
    const url = await serve((_request, response) => response.end("{}"));
    const proxy = await startConnectProxy(() => ({ port: Number(new URL(url).port) }));
    const guard = await guardDestinations(new URL(`http://${host}`), { proxy: { url: proxy.url, dns } });
    expect(await askThrough(guard, `http://${host}/`)).toEqual([200, 200]);
    expect(proxy.asked).toEqual([asked, asked]);
    await proxy.close();
  });

  test("a proxy gets no address that the guard refuses, and an own target no proxy", async () => {
    const url = await serve((_request, response) => response.end("{}"));
    const proxy = await startConnectProxy(() => ({ status: 403 }));
    const guarded = (target: string) =>
      guardDestinations(new URL(target), { proxy: { url: proxy.url }, allowHosts: ["127.0.0.1"] });
    const refused = expect.stringMatching(/^destination_refused: /);
    expect(await askThrough(await guarded(PUBLIC.href), url)).toEqual([refused, refused]);
    expect(await askThrough(await guarded(url), url)).toEqual([200, 200]);
    expect(proxy.asked).toEqual([]);
    const failed = expect.stringMatching(/^proxy_failed: .* answered 403 to a connection to 8\.8\.8\.8:443/);
    const outcome = await askThrough(await guarded(PUBLIC.href), PUBLIC.href);
    expect(outcome).toEqual([failed, failed]);
    expect(outcome.join()).not.toContain(PROXY_PASSWORD);
    await proxy.close();
  });

  test("a redirect is returned, and never followed", async () => {
    const paths: string[] = [];
    const url = await serve((request, response) => {
      paths.push(request.url ?? "");
      response.writeHead(307, { location: "/elsewhere" }).end();
    });
    const guard = await guardDestinations(new URL(url), {});
    expect((await guard.fetch(`${url}/`)).status).toBe(307);
    await expect(guard.fetch(`${url}/`, { redirect: "follow" })).rejects.toThrow("fetch failed");
    await guard.close();
    expect(paths).toEqual(["/", "/"]);
  });

  test("a refusal does not repeat a host that fills the report", async () => {
    const guard = await guardDestinations(PUBLIC, {});
    await guard.close();
    const refusal = guard.refuse(new URL(`https://${"a.".repeat(5000)}example.net`));
    expect(refusal?.message.length).toBeLessThan(1000);
  });

  test("a private target allows its own address, and an https target no http", async () => {
    const refusals = async (target: string, url: string) => {
      const guard = await guardDestinations(new URL(target), { allowHosts: [new URL(url).hostname] });
      await guard.close();
      return guard.refuse(new URL(url))?.message ?? null;
    };
    expect(await refusals("http://10.0.0.1:4010", "http://10.0.0.1:8080/api")).toBeNull();
    expect(await refusals("http://10.0.0.1:4010", "http://10.0.0.2/api")).toContain(
      "--allow-private-network 10.0.0.2",
    );
    expect(await refusals("https://8.8.8.8", "http://8.8.8.8/api")).toContain("without TLS");
    expect(await refusals("http://8.8.8.8", "http://8.8.8.8/api")).toBeNull();
  });
});
