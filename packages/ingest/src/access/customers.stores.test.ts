import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { deliver, statusChanged } from "../testing/deliver.ts";
import { onboard } from "../testing/onboarded.ts";
import {
  ADMIN_TOKEN,
  type Answer,
  call,
  type RunningServer,
  startServer,
} from "../testing/running-server.ts";
import { json, listed, type StandInVendor, startVendor } from "../testing/stand-in-vendor.ts";
import { createTestClock } from "../testing/test-clock.ts";

/**
 * Every name and id of customer B, and of data that belongs to no customer, contains this word. Ids that the server
 * chooses for B are added to the words that no answer may contain.
 */
const B = "canaryofb";
const A = "customer-a";
const clock = createTestClock();

/** Returns the parts of a word's base64 that do not depend on the bytes around it. */
const toBase64Parts = (word: string): readonly string[] =>
  [0, 1, 2].map((before) => {
    const encoded = Buffer.from(`${"-".repeat(before)}${word}`).toString("base64url");
    return encoded.slice(Math.ceil((before * 8) / 6), Math.floor(((before + word.length) * 8) / 6));
  });

interface Operation {
  readonly operationId: string;
  readonly parameters?: readonly { readonly name: string; readonly in: "path" | "query" }[];
  readonly requestBody?: unknown;
}
interface Described {
  readonly method: string;
  readonly path: string;
  readonly operation: Operation;
}

/** The calls that answer a token of customer A, and a word that shows that they answer with A's data. */
const OPEN: Readonly<Record<string, string>> = {
  listDevices: "device-of-a",
  getDevice: "device-of-a",
  getDeviceHistory: "after-the-move",
  listEvents: "event-of-a",
  readFeed: "event-of-a",
  streamFeed: "event-of-a",
  listBindings: A,
  listSubscribers: A,
};

/** A body for each call that takes one. With a restricted token, no body is read. */
const BODY = { name: B, role: "admin", url: `http://127.0.0.1:9/${B}`, org_id: B, customer_id: B };

interface Integrated {
  readonly integration_id: string;
  readonly webhook_url: string;
}

let server: RunningServer;
/** The integration that A and B both use. */
let both: Integrated;
let shared: StandInVendor;
let own: StandInVendor;
let described: readonly Described[];
let token: string;
/** The values to send for each parameter: A's, B's, unknown ones and malformed ones. */
let values: Readonly<Record<string, readonly string[]>>;
let words: readonly string[];
const pushed: string[] = [];
const receiver = createServer(async (request, response) => {
  for await (const chunk of request) pushed.push(String(chunk));
  response.end();
});

let minute = 0;
/** Delivers a status event that is later than all previous ones. */
function report(to: Integrated, vendor: StandInVendor, id: string, data: Readonly<Record<string, unknown>>) {
  const time = new Date(Date.UTC(2026, 10, 23, 9, ++minute)).toISOString();
  const event = statusChanged({ id, time, source: `urn:${id}`, data });
  return deliver(to.webhook_url, event, { secret: vendor.webhookSecret });
}

/** Plants data of A and B at one vendor that both use and at one that only B uses. */
async function plant() {
  await new Promise<void>((resolve) => receiver.listen(0, "127.0.0.1", resolve));
  [server, shared, own] = await Promise.all([startServer({ clock }), startVendor(), startVendor()]);
  const sites = ["site-a", "moving", `${B}-site`, `${B}-unbound`];
  shared.sites = sites.map((site_id) => ({ site_id, org_id: "org", name: `name of ${site_id}` }));
  shared.devices = [
    listed("device-of-a", { site_id: "site-a", status: "online", system_id: "system-a" }),
    listed("device-that-moves", { site_id: "moving", status: "online" }),
    listed(`${B}-device`, {
      site_id: `${B}-site`,
      name: B,
      system_id: `${B}-system`,
      system_name: `${B}-system`,
      type: `${B}-type`,
      network: { hostname: `${B}.example` },
    }),
    listed(`${B}-in-quarantine`, { site_id: `${B}-unbound`, status: `${B}-status` }),
  ];
  own.instead.set("/v1/orgs", (_request, response) =>
    json(response, {
      data: [{ org_id: B, name: B }],
      next_cursor: null,
      snapshot: { id: "1", as_of: own.asOf, total_count: 1 },
    }),
  );
  own.sites = [{ site_id: B, org_id: B, name: B }];
  own.devices = Array.from({ length: 10 }, (_, index) =>
    listed(`${B}-${index}`, { org_id: B, site_id: B, name: B }),
  );

  const integrate = async (vendor: StandInVendor, name: string, customer_id?: string) => {
    const { status, text, body } = await onboard(server, vendor, { name, customer_id });
    if (status !== 201) throw new Error(text);
    return body as Integrated;
  };
  both = await integrate(shared, "used by both");
  const onlyB = await integrate(own, `${B} vendor`, B);
  const bind = (site_id: string, customer_id: string) =>
    server.send("PUT", `/v1/integrations/${both.integration_id}/bindings`, {
      org_id: "org",
      site_id,
      customer_id,
    });
  for (const site of ["moving", `${B}-site`]) await bind(site, B);
  await bind("site-a", A);
  const device_id = "device-that-moves";
  await report(both, shared, `${B}-event-1`, { site_id: "moving", device_id, status_reason: `${B}-reason` });
  await report(both, shared, `${B}-event-2`, {
    site_id: "moving",
    device_id,
    status: "online",
    status_reason: "well",
  });
  await report(both, shared, `${B}-event-3`, { site_id: `${B}-site`, device_id: `${B}-device` });
  await report(both, shared, `${B}-event-4`, { site_id: `${B}-unbound`, device_id: `${B}-in-quarantine` });
  await report(onlyB, own, `${B}-event-5`, { org_id: B, site_id: B, device_id: `${B}-1` });
  await report(onlyB, own, `${B}-event-6`, { org_id: B, device_id: null });
  await bind("moving", A);
  await report(both, shared, "event-of-a-1", {
    site_id: "moving",
    device_id,
    status_reason: "after-the-move",
  });
  await report(both, shared, "event-of-a-2", { site_id: "site-a", device_id: "device-of-a" });

  own.devices = own.devices.slice(0, 1);
  await server.post(`/v1/integrations/${onlyB.integration_id}/sync`);
  own.instead.set("/v1/devices", (_request, response) =>
    json(response, { type: "about:blank", title: B, status: 404, code: "not_found", detail: B }, 404),
  );
  await server.post(`/v1/integrations/${onlyB.integration_id}/sync`);
  await server.send("PUT", `/v1/integrations/${both.integration_id}/mapping`, { types: { [B]: "camera" } });
  const create = async (path: string, body: object) =>
    (await server.post(path, body)).body as Record<string, string>;
  const address = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}`;
  const subscribers = [
    await create("/v1/subscribers", { url: `${address}/a`, customer_id: A, after: 0 }),
    await create("/v1/subscribers", { url: `http://127.0.0.1:9/${B}`, customer_id: B, after: 0 }),
    await create("/v1/subscribers", { url: `http://127.0.0.1:9/${B}`, after: 0 }),
  ];
  const tokens = [
    await create("/v1/tokens", { name: "portal of a", role: "read", customer_ids: [A, "another"] }),
    await create("/v1/tokens", { name: `${B} portal`, role: "read", customer_ids: [B] }),
  ];
  token = tokens[0]?.["token"] ?? "";
  const positions = (await server.get("/v1/feed?limit=1000")).body.data.map(
    (each: { sequence: number }) => each.sequence,
  );
  const cursor = (await server.get("/v1/devices?limit=1")).body.next_cursor;
  words = [
    B,
    ...toBase64Parts(B),
    onlyB.integration_id,
    own.webhookSecret,
    ...[subscribers[1], subscribers[2]].flatMap((each) => [
      each?.["subscriber_id"] ?? "",
      each?.["secret"] ?? "",
    ]),
    ...[tokens[1]].flatMap((each) => [each?.["token_id"] ?? "", each?.["token"] ?? ""]),
  ];
  const ids = (...names: string[]) => [...names, "unknown", "~"];
  values = {
    integration_id: ids(both.integration_id, onlyB.integration_id),
    device_id: ids("device-of-a", device_id, `${B}-device`, `${B}-1`, `${B}-in-quarantine`),
    token_id: ids(...tokens.map((each) => each["token_id"] ?? "")),
    subscriber_id: ids(...subscribers.map((each) => each["subscriber_id"] ?? "")),
    customer_id: ids(A, B),
    customer_site_id: ids("site-a", `${B}-site`),
    site_id: ids("site-a", `${B}-site`, `${B}-unbound`),
    system_id: ids("system-a", `${B}-system`),
    org_id: ids("org", B),
    status: ["online", "offline", "unknown", "~"],
    type: ["camera", "other", "~"],
    bound: ["true", "false", "~"],
    quarantined: ["true", "false", "~"],
    dry_run: ["true", "~"],
    with_removed: ["true", "~"],
    limit: ["1", "1000", "~"],
    cursor: [
      cursor,
      Buffer.from(JSON.stringify([onlyB.integration_id, `${B}-1`])).toString("base64url"),
      "~",
    ],
    after: ["0", String(positions[2]), String(positions.at(-1)), "999999", "~"],
    before: ["1", String(positions.at(-1)), "~"],
  };
}

const valuesOf = (name: string): readonly string[] => {
  const found = values[name];
  if (!found)
    throw new Error(`Add values of A and B for the parameter ${name}, so that this test covers its calls.`);
  return found;
};

/** Builds the requests of one call: every path, with no query, one parameter, and each with a customer. */
function requestsOf({
  method,
  path,
  operation,
}: Described): readonly { readonly method: string; readonly url: string }[] {
  const { parameters = [] } = operation;
  const paths = parameters
    .filter((each) => each.in === "path")
    .reduce<readonly string[]>(
      (all, { name }) =>
        all.flatMap((each) =>
          valuesOf(name).map((value) => each.replace(`{${name}}`, encodeURIComponent(value))),
        ),
      [path],
    );
  const names = parameters.filter((each) => each.in === "query").map(({ name }) => name);
  const single = names.flatMap((name) =>
    valuesOf(name).map((value) => `${name}=${encodeURIComponent(value)}`),
  );
  const others = names.includes("customer_id") ? single.map((each) => `customer_id=${A}&${each}`) : [];
  const queries = ["", ...single, ...others, `custmer_id=${A}`, `customer_id[]=${A}`];
  return paths.flatMap((each) =>
    queries.map((query) => ({ method, url: query ? `${each}?${query}` : each })),
  );
}

/** Reads a stream until its first comment after 15 quiet seconds. */
async function readQuiet(response: Response): Promise<string> {
  let text = "";
  for await (const chunk of response.body ?? []) {
    text += Buffer.from(chunk).toString();
    if (text.includes(": still here")) break;
  }
  return text;
}

type Read = Pick<Answer, "status" | "headers" | "text">;

async function send(
  as: string,
  { method, url }: { readonly method: string; readonly url: string },
): Promise<Read> {
  const writes = ["POST", "PUT", "PATCH"].includes(method);
  const response = await fetch(`${server.url}${url}`, {
    method,
    headers: { authorization: `Bearer ${as}`, ...(writes && { "content-type": "application/json" }) },
    body: writes ? JSON.stringify(BODY) : null,
  });
  const { status, headers } = response;
  const isStream = headers.get("content-type")?.startsWith("text/event-stream");
  return { status, headers, text: isStream ? await readQuiet(response) : await response.text() };
}

const bytesOf = ({ headers, text }: Read): string => `${JSON.stringify([...headers])}${text}`.toLowerCase();
const wordsIn = (bytes: string): readonly string[] =>
  words.filter((word) => bytes.includes(word.toLowerCase()));

beforeAll(async () => {
  await plant();
  const { paths } = (await call(`${server.url}/openapi.json`)).body as {
    readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  };
  described = Object.entries(paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => ({ method: method.toUpperCase(), path, operation })),
  );
});
afterAll(async () => {
  await server.close();
  await Promise.all([shared.close(), own.close()]);
  receiver.closeAllConnections();
  receiver.close();
});

describe("a token of customer A", () => {
  test("gets no byte of customer B from any call that the server describes", async () => {
    const leaks: string[] = [];
    let isDone = false;
    const walk = described.map(async (each) => {
      const { operationId } = each.operation;
      const sent = requestsOf(each);
      const answers: Read[] = [];
      // Streams end after some quiet time, so they are read together.
      if (operationId === "streamFeed")
        answers.push(...(await Promise.all(sent.map((one) => send(token, one)))));
      else for (const one of sent) answers.push(await send(token, one));
      for (const [index, answer] of answers.entries()) {
        for (const word of wordsIn(bytesOf(answer))) leaks.push(`${JSON.stringify(sent[index])}: ${word}`);
      }
      const word = OPEN[operationId];
      const statuses = new Set(answers.map(({ status }) => status));
      if (word === undefined)
        expect({ operationId, statuses }).toEqual({ operationId, statuses: new Set([403]) });
      else {
        const shown = answers.some(({ status, text }) => status === 200 && text.includes(word));
        expect({ operationId, shown }).toEqual({ operationId, shown: true });
      }
    });
    const walked = Promise.all(walk).finally(() => {
      isDone = true;
    });
    await Promise.all([walked, clock.advanceUntil(() => isDone)]);
    expect(leaks).toEqual([]);
  });

  test("gets no byte of customer B from the routes that no document describes", async () => {
    const { integration_id: ids = [] } = values;
    for (const url of [
      "/metrics",
      "/healthz",
      "/readyz",
      "/openapi.json",
      "/v1",
      "/v1/x",
      `/webhooks/${ids[1]}`,
      "/",
    ]) {
      for (const method of ["GET", "HEAD", "OPTIONS", "POST"]) {
        const answer = await send(token, { method, url });
        expect({ method, url, found: wordsIn(bytesOf(answer)) }).toEqual({ method, url, found: [] });
      }
    }
  });

  test("cannot tell what belongs to customer B from what does not exist", async () => {
    const [shared, onlyB] = values["integration_id"] ?? [];
    for (const [ofB, unknown] of [
      [`/v1/integrations/${shared}/devices/${B}-device`, `/v1/integrations/${shared}/devices/x`],
      [`/v1/integrations/${onlyB}/devices/${B}-1`, "/v1/integrations/x/devices/x"],
      [`/v1/integrations/${onlyB}/devices/${B}-1/history`, "/v1/integrations/x/devices/x/history"],
      [`/v1/integrations/${onlyB}/bindings`, "/v1/integrations/x/bindings"],
      [`/v1/devices?customer_id=${B}`, "/v1/devices?customer_id=x"],
      [`/v1/devices?integration_id=${onlyB}`, "/v1/devices?integration_id=x"],
      [`/v1/feed?customer_id=${B}`, "/v1/feed?customer_id=x"],
    ] as const) {
      const [one, other] = [
        await send(token, { method: "GET", url: ofB }),
        await send(token, { method: "GET", url: unknown }),
      ];
      expect({ status: one.status, text: one.text }).toEqual({ status: other.status, text: other.text });
    }
  });

  test("is only tested if a token of all customers finds B in every call that shows anything", async () => {
    const silent: string[] = [];
    for (const each of described) {
      if (each.method !== "GET" || each.operation.operationId === "streamFeed") continue;
      let isFound = false;
      for (const request of requestsOf(each)) {
        isFound = bytesOf(await send(ADMIN_TOKEN, request)).includes(B);
        if (isFound) break;
      }
      if (!isFound) silent.push(each.operation.operationId);
    }
    expect(silent).toEqual([]);
  });

  test("does not widen a subscriber of customer A", async () => {
    await clock.advanceUntil(() => pushed.some((body) => body.includes("event-of-a-2")));
    expect(wordsIn(pushed.join("").toLowerCase())).toEqual([]);
  });

  test.each(["revoked", "expired"])("loses its open stream at once when it is %s", async (how) => {
    const expires_at = new Date(clock.now() + 60_000).toISOString();
    const { body } = await server.post("/v1/tokens", {
      name: how,
      role: "read",
      customer_ids: [A],
      expires_at,
    });
    const stream = await fetch(`${server.url}/v1/feed/stream`, {
      headers: { authorization: `Bearer ${body.token}` },
    });
    let text = "";
    let isEnded = false;
    const read = (async () => {
      for await (const chunk of stream.body ?? []) text += Buffer.from(chunk).toString();
      isEnded = true;
    })();
    await clock.advanceUntil(() => text.includes("event-of-a-2"));
    if (how === "revoked") await server.send("DELETE", `/v1/tokens/${body.token_id}`);
    else clock.advance(60_000);
    await report(both, shared, `event-of-a-${how}`, { site_id: "site-a", device_id: "device-of-a" });
    await clock.advanceUntil(() => isEnded);
    await read;
    expect(text).not.toContain(how);
    expect((await send(body.token, { method: "GET", url: "/v1/devices" })).status).toBe(401);
  });
});
