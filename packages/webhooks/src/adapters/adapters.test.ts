import { createServer, request as httpRequest, type Server } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { PassThrough } from "node:stream";
import { gzipSync } from "node:zlib";
import { serve } from "@hono/node-server";
import express from "express";
import Fastify from "fastify";
import { Hono } from "hono";
import { afterEach, describe, expect, test, vi } from "vitest";
import { z } from "zod";
import { generateSecret } from "../key.ts";
import { createMemoryReplayGuard } from "../replay-guard.ts";
import { sign } from "../sign.ts";
import { createWebhookHandler as createLambdaHandler, type LambdaEvent } from "./aws-lambda.ts";
import { createWebhookPlugin } from "./fastify.ts";
import { createWebhookHandler as createFetchHandler } from "./fetch.ts";
import type { WebhookHandlerOptions } from "./handler.ts";
import { createWebhookHandler as createNodeHandler } from "./node.ts";

const key = generateSecret();
const EVENT = '{"id":"evt_1","name":"Zürich 🚪"}';
const closers: (() => Promise<unknown> | unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

async function listen(server: Server): Promise<string> {
  if (!server.listening) await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  closers.push(() => server.close().closeAllConnections());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/hooks`;
}

type Serve = (options: WebhookHandlerOptions<never>) => Promise<string>;

type Headers = Readonly<Record<string, string>>;

const inLists = (headers: Headers) =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value]]));

/** The kinds of events that AWS documents, by the service in front of the Lambda function. */
const lambdaEvents: Record<string, (method: string, headers: Headers, bytes: Buffer) => LambdaEvent> = {
  "a REST API": (httpMethod, headers, bytes) => {
    const named = Object.fromEntries(
      Object.entries(headers).map(([name, value]) => [name.toUpperCase(), value]),
    );
    const [body, isBase64Encoded] = [bytes.toString("utf8"), false];
    return { httpMethod, headers: named, multiValueHeaders: inLists(named), body, isBase64Encoded };
  },
  "an HTTP API": (method, headers, bytes) => ({
    requestContext: { http: { method } },
    headers,
    body: bytes.toString("base64"),
    isBase64Encoded: true,
  }),
  "a load balancer": (httpMethod, headers, bytes) => ({
    httpMethod,
    headers,
    body: bytes.toString("base64"),
    isBase64Encoded: true,
  }),
  "a load balancer with multi-value headers": (httpMethod, headers, bytes) => ({
    httpMethod,
    multiValueHeaders: inLists(headers),
    body: bytes.toString("base64"),
    isBase64Encoded: true,
  }),
  "VPC Lattice, version 1": (method, headers, bytes) => ({
    method,
    headers,
    body: bytes.toString("base64"),
    is_base64_encoded: true,
  }),
  "VPC Lattice, version 2": (method, headers, bytes) => ({
    method,
    headers: inLists(headers),
    body: bytes.toString("base64"),
    isBase64Encoded: true,
  }),
};

/** A service of AWS in front of a Lambda function. */
const gateway =
  (service: string): Serve =>
  async (options) => {
    const handle = createLambdaHandler(options);
    const server = createServer(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      const bytes = Buffer.concat(chunks);
      const headers = request.headers as Record<string, string>;
      const event = lambdaEvents[service]?.(request.method ?? "", headers, bytes) ?? {};
      const result = await handle(event);
      // Each service reads only the headers that match its event.
      response.writeHead(
        result.statusCode,
        event.headers
          ? result.headers
          : Object.fromEntries(
              Object.entries(result.multiValueHeaders ?? {}).map(([name, values]) => [name, [...values]]),
            ),
      );
      response.end(result.body);
    });
    return listen(server);
  };

const frameworks: Record<string, Serve> = {
  "node:http": (options) => {
    const handle = createNodeHandler(options);
    return listen(createServer((request, response) => void handle(request, response)));
  },
  Express: (options) => {
    const app = express();
    app.all("/hooks", createNodeHandler(options));
    app.use(express.json());
    return listen(createServer(app));
  },
  "Express with express.raw": (options) => {
    const app = express();
    app.use(express.raw({ type: "*/*", limit: "2mb" }));
    app.all("/hooks", createNodeHandler(options));
    return listen(createServer(app));
  },
  Fastify: async (options) => {
    const app = Fastify();
    await app.register(createWebhookPlugin({ ...options, path: "/hooks" }));
    app.post("/other", async ({ body }) => body);
    closers.push(() => app.close());
    return `${await app.listen({ port: 0, host: "127.0.0.1" })}/hooks`;
  },
  "Fastify with a preParsing hook that passes on a new stream": async (options) => {
    const app = Fastify();
    app.addHook("preParsing", async (_request, _reply, payload) => payload.pipe(new PassThrough()));
    await app.register(createWebhookPlugin({ ...options, path: "/hooks" }));
    closers.push(() => app.close());
    return `${await app.listen({ port: 0, host: "127.0.0.1" })}/hooks`;
  },
  "Hono with fetch": async (options) => {
    const handle = createFetchHandler(options);
    const app = new Hono().all("/hooks", ({ req }) => handle(req.raw));
    const server = serve({ fetch: app.fetch, port: 0, hostname: "127.0.0.1" }) as Server;
    await expect.poll(() => server.listening).toBe(true);
    return listen(server);
  },
  ...Object.fromEntries(
    Object.keys(lambdaEvents).map((service) => [`Lambda behind ${service}`, gateway(service)]),
  ),
};

const createReplay = () => ({ guard: createMemoryReplayGuard(), sender: "vendor" });

const CLOUDEVENT = { "content-type": "application/cloudevents+json; charset=utf-8" };
const signed = async (body: string | Uint8Array = EVENT, id = "evt_1") => ({
  ...CLOUDEVENT,
  ...(await sign({ id, body, keys: key })),
});
const post = (url: string, headers: Record<string, string>, body = EVENT) =>
  fetch(url, { method: "POST", headers, body });

async function expectProblem(response: Response, status: number, code: string) {
  expect(response.status).toBe(status);
  expect(response.headers.get("content-type")).toBe("application/problem+json");
  const problem = (await response.json()) as { detail: string };
  expect(problem).toMatchObject({ status, code, type: "about:blank" });
  expect(problem.detail).toMatch(/\w/);
  expect(JSON.stringify(problem)).not.toContain(key.slice("whsec_".length));
  return problem.detail;
}

describe.each(Object.entries(frameworks))("%s", (name, start) => {
  test("passes on the signed bytes and responds with 204", async () => {
    const onWebhook = vi.fn();
    const url = await start({ keys: key, onWebhook });
    const response = await post(url, await signed());
    expect([response.status, await response.text()]).toEqual([204, ""]);
    expect(onWebhook).toHaveBeenCalledTimes(1);
    expect(Buffer.from(onWebhook.mock.calls[0]?.[0].body).toString()).toBe(EVENT);
  });

  test("with a schema, passes on the parsed event and refuses an invalid event", async () => {
    const onWebhook = vi.fn();
    const schema = z.object({ id: z.string() });
    const url = await start({ keys: key, onWebhook, schema: schema as never });
    expect((await post(url, await signed())).status).toBe(204);
    expect(onWebhook.mock.calls[0]?.[0].event).toEqual({ id: "evt_1" });
    expect(await expectProblem(await post(url, await signed("{}"), "{}"), 400, "invalid_event")).toContain(
      "/id",
    );
    await expectProblem(await post(url, await signed("no"), "no"), 400, "not_json");
    expect(onWebhook).toHaveBeenCalledTimes(1);
  });

  test("refuses unsigned, wrongly signed and stale deliveries and calls onRefusal", async () => {
    const [onWebhook, onRefusal] = [vi.fn(), vi.fn()];
    const url = await start({ keys: key, onWebhook, onRefusal });
    await expectProblem(await post(url, CLOUDEVENT), 401, "missing_signature");
    await expectProblem(await post(url, await signed("{}")), 401, "wrong_signature");
    const stale = await sign({ id: "evt_1", body: EVENT, keys: key, timestamp: 1_700_000_000 });
    await expectProblem(await post(url, { ...CLOUDEVENT, ...stale }), 401, "stale_timestamp");
    expect(onRefusal.mock.calls.map(([{ code }]) => code)).toEqual([
      "missing_signature",
      "wrong_signature",
      "stale_timestamp",
    ]);
    expect(onWebhook).not.toHaveBeenCalled();
  });

  test("refuses another media type, another method and a body over the limit", async () => {
    const onWebhook = vi.fn();
    const url = await start({ keys: key, onWebhook, maxBodyBytes: 1000 });
    const text = { ...(await signed()), "content-type": "text/plain" };
    await expectProblem(await post(url, text), 415, "unsupported_media_type");
    const large = "x".repeat(1001);
    await expectProblem(await post(url, await signed(large), large), 413, "payload_too_large");
    const exact = "x".repeat(1000);
    expect((await post(url, await signed(exact), exact)).status).toBe(204);
    if (!name.startsWith("Fastify")) {
      const response = await fetch(url, { method: "PUT", headers: await signed(), body: EVENT });
      expect(response.headers.get("allow")).toBe("POST");
      await expectProblem(response, 405, "method_not_allowed");
    }
    expect(onWebhook).toHaveBeenCalledTimes(1);
  });

  test("refuses a compressed body, whichever bytes the signature covers", async () => {
    const onWebhook = vi.fn();
    const url = await start({ keys: key, onWebhook });
    const compressed = gzipSync(EVENT);
    for (const covered of [EVENT, compressed]) {
      const headers = { ...(await signed(covered)), "content-encoding": "gzip" };
      const response = await fetch(url, { method: "POST", headers, body: compressed });
      expect(response.headers.get("accept-encoding")).toBe("identity");
      expect(await expectProblem(response, 415, "unsupported_media_type")).toContain("uncompressed");
    }
    expect(onWebhook).not.toHaveBeenCalled();
    const identity = { ...(await signed()), "content-encoding": "Identity" };
    expect((await post(url, identity)).status).toBe(204);
  });

  test("answers the validation request of an allowed origin, and refuses others with 405", async () => {
    const [onWebhook, onRefusal] = [vi.fn(), vi.fn()];
    const validation = { origins: ["eventgrid.azure.net"], ratePerMinute: 120 };
    const url = await start({ keys: key, onWebhook, onRefusal, validation });
    const ask = (headers: Record<string, string>) => fetch(url, { method: "OPTIONS", headers });
    const answer = await ask({
      "WebHook-Request-Origin": "EventGrid.Azure.Net",
      "WebHook-Request-Rate": "500",
    });
    expect([answer.status, await answer.text()]).toEqual([200, ""]);
    expect(answer.headers.get("webhook-allowed-origin")).toBe("eventgrid.azure.net");
    expect(answer.headers.get("webhook-allowed-rate")).toBe("120");
    expect(answer.headers.get("allow")).toBe("POST");
    expect(onRefusal).not.toHaveBeenCalled();
    const other = await ask({ "WebHook-Request-Origin": "eventgrid.azure.net.attacker.example" });
    expect([other.headers.get("allow"), other.headers.get("webhook-allowed-origin")]).toEqual(["POST", null]);
    expect(await expectProblem(other, 405, "method_not_allowed")).toContain("WebHook-Request-Origin");
    await expectProblem(await ask({}), 405, "method_not_allowed");
    expect(onRefusal).toHaveBeenCalledTimes(2);
    // A delivery is verified whether or not its origin was validated.
    await expectProblem(await post(url, CLOUDEVENT), 401, "missing_signature");
    expect((await post(url, await signed())).status).toBe(204);
    expect(onWebhook).toHaveBeenCalledTimes(1);
  });

  test("without the option, gives no permission to deliver", async () => {
    const url = await start({ keys: key, onWebhook: () => {} });
    const headers = { "WebHook-Request-Origin": "eventgrid.azure.net" };
    const answer = await fetch(url, { method: "OPTIONS", headers });
    expect(answer.headers.get("webhook-allowed-origin")).toBeNull();
    if (name.startsWith("Fastify")) expect(answer.status).toBe(404);
    else await expectProblem(answer, 405, "method_not_allowed");
  });

  test("responds with 500 if onWebhook fails, and accepts the retry", async () => {
    const onRefusal = vi.fn();
    const onWebhook = vi.fn().mockRejectedValueOnce(new Error("the disk is full"));
    const url = await start({ keys: key, onWebhook, onRefusal, replay: createReplay() });
    const detail = await expectProblem(await post(url, await signed()), 500, "internal_error");
    expect(detail).not.toContain("disk");
    expect(String(onRefusal.mock.calls[0]?.[0].cause.cause)).toContain("the disk is full");
    expect((await post(url, await signed())).status).toBe(204);
    // A duplicate delivery gets the same response and is not processed.
    expect((await post(url, await signed())).status).toBe(204);
    expect(onWebhook).toHaveBeenCalledTimes(2);
  });

  test("refuses a retry while an earlier attempt is processed, because the earlier attempt may fail", async () => {
    const first = Promise.withResolvers<void>();
    const onWebhook = vi.fn().mockReturnValueOnce(first.promise);
    const url = await start({ keys: key, onWebhook, replay: createReplay() });
    const slow = post(url, await signed());
    await expect.poll(() => onWebhook.mock.calls.length).toBe(1);
    const retry = await post(url, await signed());
    expect(retry.headers.get("retry-after")).toBe("5");
    await expectProblem(retry, 503, "not_stored");
    first.reject(new Error("the disk is full"));
    expect((await slow).status).toBe(500);
    expect((await post(url, await signed())).status).toBe(204);
    expect(onWebhook).toHaveBeenCalledTimes(2);
  });

  test.each([
    [
      "throws",
      () => {
        throw new Error("from the log");
      },
    ],
    ["rejects", () => Promise.reject(new Error("from the log"))],
  ])("responds the same if onRefusal %s", async (_, onRefusal) => {
    const url = await start({ keys: key, onWebhook: () => {}, onRefusal });
    await expectProblem(await post(url, await signed(), "{}"), 401, "wrong_signature");
  });
});

test("a validation for every origin allows any rate, but needs an origin", async () => {
  const handle = createFetchHandler({ keys: key, onWebhook: () => {}, validation: { origins: "*" } });
  const ask = (headers: Record<string, string>) =>
    handle(new Request("http://localhost", { method: "OPTIONS", headers }));
  const { status, headers } = await ask({ "webhook-request-origin": "a.example" });
  const allowed = ["webhook-allowed-origin", "webhook-allowed-rate"].map((name) => headers.get(name));
  expect([status, ...allowed]).toEqual([200, "*", "*"]);
  expect((await ask({})).status).toBe(405);
});

test.each([
  { origins: [] },
  { origins: ["https://eventgrid.azure.net"] },
  { origins: ["eventgrid.azure.net\r\nset-cookie: a=b"] },
  { origins: ["*"] },
  { origins: "*", ratePerMinute: 0 },
  { origins: "*", ratePerMinute: 1.5 },
] as const)("refuses the validation %j when the endpoint is created", (validation) => {
  const create = () => createFetchHandler({ keys: key, onWebhook: () => {}, validation });
  expect(create).toThrow(expect.objectContaining({ code: "invalid_validation" }));
});

test("a shared guard tells senders and sources apart, which may use the same ids", async () => {
  const guard = createMemoryReplayGuard();
  const taken: string[] = [];
  const createEndpoint = (sender: string, own: string) => {
    const handle = createFetchHandler({
      keys: own,
      replay: { guard, sender },
      onWebhook: ({ body }) => void taken.push(`${sender} ${new TextDecoder().decode(body)}`),
    });
    return async (body: string) => {
      const headers = { ...CLOUDEVENT, ...(await sign({ id: "evt_1", body, keys: own })) };
      return (await handle(new Request("http://localhost", { method: "POST", headers, body }))).status;
    };
  };
  const [a, b] = [createEndpoint("a", generateSecret()), createEndpoint("b", generateSecret())];
  const bodies = ['{"source":"urn:one"}', '{"source":"urn:two"}', "not json"];
  for (const body of [...bodies, ...bodies]) expect([await a(body), await b(body)]).toEqual([204, 204]);
  expect(taken).toEqual(bodies.flatMap((body) => [`a ${body}`, `b ${body}`]));
});

test("on Lambda, a body that is not the base64 that the event announces is the sender's fault", async () => {
  const handle = createLambdaHandler({ keys: key, onWebhook: () => {} });
  const event = { httpMethod: "POST", headers: await signed(), body: "not base64!", isBase64Encoded: true };
  const { statusCode, body } = await handle(event);
  expect([statusCode, JSON.parse(body).code]).toEqual([400, "not_json"]);
});

describe("a body that was already parsed", () => {
  test("is reported with a fix in Express", async () => {
    const app = express();
    app.use(express.json({ type: "*/*" }));
    app.post("/hooks", createNodeHandler({ keys: key, onWebhook: () => {} }));
    const response = await post(await listen(createServer(app)), await signed());
    expect(await expectProblem(response, 500, "body_already_parsed")).toContain("before express.json()");
  });

  test("is reported with a fix in Fastify", async () => {
    const app = Fastify();
    app.addHook("preParsing", async (_request, _reply, payload) => {
      for await (const _ of payload);
      return payload;
    });
    await app.register(createWebhookPlugin({ keys: key, onWebhook: () => {}, path: "/hooks" }));
    closers.push(() => app.close());
    const response = await post(`${await app.listen({ port: 0, host: "127.0.0.1" })}/hooks`, await signed());
    expect(await expectProblem(response, 500, "body_already_parsed")).toContain("preParsing");
  });

  test("is verified if a middleware kept the bytes", async () => {
    const app = express();
    app.use(
      express.json({
        type: "*/*",
        verify: (request, _, bytes) => void Object.assign(request, { rawBody: bytes }),
      }),
    );
    app.post("/hooks", createNodeHandler({ keys: key, onWebhook: () => {} }));
    expect((await post(await listen(createServer(app)), await signed())).status).toBe(204);
  });

  test("is reported with a fix in fetch", async () => {
    const request = new Request("http://a.example", { method: "POST", headers: await signed(), body: EVENT });
    await request.json();
    const response = await createFetchHandler({ keys: key, onWebhook: () => {} })(request);
    expect(await expectProblem(response, 500, "body_already_parsed")).toContain("request.clone()");
  });

  test("is reported with a fix in Lambda", async () => {
    const handle = createLambdaHandler({ keys: key, onWebhook: () => {} });
    const parsed = { httpMethod: "POST", headers: await signed(), body: JSON.parse(EVENT) };
    expect(JSON.parse((await handle(parsed)).body)).toMatchObject({ code: "body_already_parsed" });
  });
});

test("Fastify still parses JSON in other routes", async () => {
  const url = await frameworks["Fastify"]?.({ keys: key, onWebhook: () => {} });
  const response = await fetch(`${url}`.replace("/hooks", "/other"), {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: '{"a":1}',
  });
  expect(await response.json()).toEqual({ a: 1 });
});

test.each(["node:http", "Fastify"])(
  "%s survives a body that is cut off and a body that never ends",
  async (name) => {
    const onRefusal = vi.fn();
    const url = new URL(
      (await frameworks[name]?.({ keys: key, onWebhook: () => {}, onRefusal, maxBodyBytes: 1000 })) ?? "",
    );
    const headers = { ...(await signed()), "content-length": "500" };
    const cut = httpRequest(url, { method: "POST", headers }).on("error", () => {});
    cut.write("{", () => cut.destroy());
    await expect.poll(() => onRefusal.mock.calls.map(([{ code }]) => code)).toContain("body_cut_off");

    const socket = connect(Number(url.port), url.hostname).on("error", () => {});
    const head = Object.entries(await signed()).map(([header, value]) => `${header}: ${value}\r\n`);
    socket.write(`POST /hooks HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n${head.join("")}\r\n`);
    const endless = setInterval(() => socket.write(`400\r\n${"x".repeat(1024)}\r\n`), 2);
    const answer = await new Promise<string>((resolve) => {
      let text = "";
      socket.on("data", (data) => {
        text += data;
      });
      socket.on("close", () => resolve(text));
    }).finally(() => clearInterval(endless));
    expect(answer).toMatch(/^HTTP\/1.1 413 /);
    expect((await post(url.href, await signed())).status).toBe(204);
  },
);
