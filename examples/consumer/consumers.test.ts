import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { generateSecret, sign } from "@convergint/webhooks";
import { getRequestListener } from "@hono/node-server";
import type {
  ALBEvent,
  APIGatewayProxyEvent,
  APIGatewayProxyEventV2,
  LambdaFunctionURLEvent,
} from "aws-lambda";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { events } from "./service.ts";

const secret = generateSecret();
// The services read it when they start, and Lambda when it loads the function.
process.env["WEBHOOK_SECRETS"] = `${generateSecret()} ${secret}`;

const BODY = '{"specversion":"1.0","id":"evt_1","note":"Zürich 🚪 1e3"}';
const PATH = "/webhooks/vendor";

const closers: (() => unknown)[] = [];
beforeEach(() => events.clear());
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

async function listen(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, "127.0.0.1");
  closers.push(() => server.close().closeAllConnections());
  await once(server, "listening");
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Starts each service. Next.js is not installed: its route is a function from Request to Response. */
const services: Readonly<Record<string, () => Promise<string>>> = {
  Express: async () => listen((await import("./express.ts")).createApp()),
  Fastify: async () => {
    const app = (await import("./fastify.ts")).createApp();
    closers.push(() => app.close());
    return app.listen({ port: 0, host: "127.0.0.1" });
  },
  NestJS: async () => {
    const app = await (await import("./nestjs.ts")).createApp();
    closers.push(() => app.close());
    await app.listen(0, "127.0.0.1");
    return app.getUrl();
  },
  "a route of Next.js": async () => listen(getRequestListener((await import("./next.ts")).POST)),
  "a Worker": async () => {
    const { default: worker } = await import("./worker.ts");
    const env = {
      WEBHOOK_SECRETS: secret,
      EVENTS: {
        put: async (id: string, body: Uint8Array) => void events.set(id, new TextDecoder().decode(body)),
      },
    };
    return listen(getRequestListener((request) => worker.fetch(request, env)));
  },
};

const MEDIA_TYPE = { "content-type": "application/cloudevents+json" };
const deliveries = {
  good: async () => ({ headers: await sign({ id: "evt_1", body: BODY, keys: secret }), body: BODY }),
  forged: async () => ({
    headers: await sign({ id: "evt_1", body: BODY, keys: generateSecret() }),
    body: BODY,
  }),
  // The same JSON, written in another way: only the bytes are signed.
  rewritten: async () => ({
    headers: await sign({ id: "evt_1", body: BODY, keys: secret }),
    body: BODY.replace("1e3", "1E3").replace(",", ", "),
  }),
  stale: async () => ({
    headers: await sign({ id: "evt_1", body: BODY, keys: secret, timestamp: 1_700_000_000 }),
    body: BODY,
  }),
};

describe.each(Object.entries(services))("%s", (name, start) => {
  test("stores a genuine event once, and refuses forged, rewritten and stale ones", async () => {
    const base = await start();
    const post = async ({ headers, body }: { headers: object; body: string }) =>
      (await fetch(`${base}${PATH}`, { method: "POST", headers: { ...headers, ...MEDIA_TYPE }, body }))
        .status;

    for (const wrong of ["forged", "rewritten", "stale"] as const)
      expect(await post(await deliveries[wrong]()), wrong).toBe(401);
    expect(events.size).toBe(0);

    const good = await deliveries.good();
    expect(await post(good)).toBe(204);
    expect(await post(good), "a delivery again").toBe(204);
    expect([...events]).toEqual([["evt_1", BODY]]);
  });

  if (name !== "a route of Next.js")
    test("still serves the routes that it had", async () => {
      const headers = { "content-type": "application/json" };
      const response = await fetch(`${await start()}/notes`, { method: "POST", headers, body: '{"n":1}' });
      expect(await response.json()).toEqual({ noted: { n: 1 } });
    });
});

interface Delivery {
  readonly headers: Record<string, string>;
  readonly body: string;
}

/** Events as each service of AWS passes them on; members that only tracing needs are left out. */
const lambdaEvents = {
  "an API Gateway REST API": ({ headers, body }: Delivery): Partial<APIGatewayProxyEvent> => ({
    resource: "/webhooks/vendor",
    path: PATH,
    httpMethod: "POST",
    // A REST API keeps the sender's letter case.
    headers: Object.fromEntries(
      Object.entries(headers).map(([name, value]) => [name.replace(/^w/, "W"), value]),
    ),
    multiValueHeaders: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value]])),
    queryStringParameters: null,
    multiValueQueryStringParameters: null,
    pathParameters: null,
    stageVariables: null,
    body: Buffer.from(body).toString("base64"),
    isBase64Encoded: true,
  }),
  "an API Gateway HTTP API": ({ headers, body }: Delivery): Partial<APIGatewayProxyEventV2> => ({
    version: "2.0",
    routeKey: "POST /webhooks/vendor",
    rawPath: PATH,
    rawQueryString: "",
    headers,
    requestContext: {
      accountId: "123456789012",
      apiId: "a1b2c3d4e5",
      domainName: "a1b2c3d4e5.execute-api.eu-central-1.amazonaws.com",
      domainPrefix: "a1b2c3d4e5",
      http: {
        method: "POST",
        path: PATH,
        protocol: "HTTP/1.1",
        sourceIp: "203.0.113.7",
        userAgent: "vendor/1",
      },
      requestId: "JKJaXmPLvHcESHA=",
      routeKey: "POST /webhooks/vendor",
      stage: "$default",
      time: "23/Nov/2026:08:31:08 +0000",
      timeEpoch: 1_795_422_668_000,
    },
    body,
    isBase64Encoded: false,
  }),
  "a function URL": (delivery: Delivery): Partial<LambdaFunctionURLEvent> => {
    const event = lambdaEvents["an API Gateway HTTP API"](delivery);
    return { ...event, routeKey: "$default" } as Partial<LambdaFunctionURLEvent>;
  },
  "a load balancer": ({ headers, body }: Delivery): ALBEvent => ({
    requestContext: {
      elb: {
        targetGroupArn:
          "arn:aws:elasticloadbalancing:eu-central-1:123456789012:targetgroup/hooks/6d0ecf831eec9f09",
      },
    },
    httpMethod: "POST",
    path: PATH,
    queryStringParameters: {},
    headers: { ...headers, "x-forwarded-proto": "https" },
    body,
    isBase64Encoded: false,
  }),
};

describe("Lambda", () => {
  test.each(Object.entries(lambdaEvents))(
    "behind %s: stores a genuine event once, and refuses others",
    async (_, toEvent) => {
      const { handler } = await import("./lambda.ts");
      const invoke = async ({ headers, body }: { headers: object; body: string }) =>
        (await handler(toEvent({ headers: { ...headers, ...MEDIA_TYPE }, body }))).statusCode;
      for (const wrong of ["forged", "rewritten", "stale"] as const)
        expect(await invoke(await deliveries[wrong]()), wrong).toBe(401);
      expect(events.size).toBe(0);
      const good = await deliveries.good();
      expect([await invoke(good), await invoke(good)]).toEqual([204, 204]);
      expect([...events]).toEqual([["evt_1", BODY]]);
    },
  );
});
