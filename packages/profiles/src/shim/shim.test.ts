import { readFileSync } from "node:fs";
import type { Delivery, Outcome } from "@convergint/delivery";
import { serveFetch } from "@convergint/internal/serve-fetch";
import { eventSchemaOf, manifestSchema, type OrgId, type WebhookEndpointCreated } from "@convergint/schemas";
import {
  createFakeCloud,
  deliveryBody,
  type FakeCloudName,
  readVendorFixture,
} from "@convergint/testing/fake-cloud";
import { sign, verify } from "@convergint/webhooks";
import { describe, expect, test } from "vitest";
import { readProfile } from "../read-profile.ts";
import { createDestinations } from "./destinations.ts";
import { createShim, type ShimReport, serveShim, VENDOR_WEBHOOKS_PATH } from "./shim.ts";

const URL_OF_SHIM = "http://shim.example";
const KEY = "key-of-the-shim-5f3a";
const HOOK = "https://hooks.example.com/in";
const ACCEPTED: Outcome = { kind: "answered", status: 204 };

/** A clock that a test moves. */
function createClock(start: number) {
  const timers = new Set<{ at: number; callback: () => void }>();
  let time = start;
  return {
    now: () => time,
    setTimer(callback: () => void, ms: number) {
      const timer = { at: time + ms, callback };
      timers.add(timer);
      return () => timers.delete(timer);
    },
    /** Moves the time, and lets what became due run. */
    async advance(seconds: number) {
      time += seconds * 1_000;
      for (const timer of [...timers].filter(({ at }) => at <= time)) {
        timers.delete(timer);
        timer.callback();
      }
      await settled();
    },
  };
}

/** Resolves after everything that needs neither time nor network has run. */
const settled = () => new Promise((resolve) => setImmediate(resolve));

function start(name: FakeCloudName = "convergint-page") {
  const fixture = readVendorFixture(name);
  const [delivery] = Object.values(fixture.deliveries);
  const clock = createClock(Date.parse(delivery?.received_at ?? ""));
  const cloud = createFakeCloud(name, { now: clock.now, maxPageSize: 100 });
  const posted: (Delivery & { at: number })[] = [];
  const outcomes: Outcome[] = [];
  const reports: ShimReport[] = [];
  const file = new URL(`../../shipped/${name}.yaml`, import.meta.url);
  const shim = createShim(readProfile(readFileSync(file, "utf8"), `${name}.yaml`), {
    url: URL_OF_SHIM,
    apiKey: KEY,
    baseUrl: `https://vendor.example${cloud.basePath}`,
    credential: { apiKey: fixture.credential.api_key },
    settings: fixture.settings,
    fetch: cloud.fetch as typeof fetch,
    webhookSecrets: [delivery?.secret ?? ""],
    clock,
    random: () => 0,
    async attempt(each) {
      posted.push({ ...each, at: clock.now() });
      return outcomes.shift() ?? ACCEPTED;
    },
    onDelivery: (report) => reports.push(report),
  });
  const call = (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) =>
    shim.handle(
      new Request(URL_OF_SHIM + path, {
        method,
        headers: {
          authorization: `Bearer ${KEY}`,
          ...(body !== undefined && { "content-type": "application/json" }),
          ...headers,
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      }),
    );
  /** Sends one of the vendor's deliveries from the fixture. */
  async function deliver(webhook: string, change: (text: string) => string = (text) => text) {
    const { headers } = fixture.deliveries[webhook] ?? { headers: {} };
    const body = change(deliveryBody(fixture, webhook));
    const request = new Request(URL_OF_SHIM + VENDOR_WEBHOOKS_PATH, { method: "POST", headers, body });
    const answer = await shim.handle(request);
    await settled();
    return answer;
  }
  const register = async (body: object = { url: HOOK }) =>
    (await (await call("POST", "/v1/webhook-endpoints", body)).json()) as WebhookEndpointCreated;
  return { fixture, clock, cloud, posted, outcomes, reports, shim, call, deliver, register };
}

const codeOf = async (answer: Response) => ((await answer.json()) as { code: string }).code;

describe("as an inventory", () => {
  test("serves the vendor to callers with the shim's key, never with the vendor's", async () => {
    const { call, fixture } = start();
    const { data } = (await (await call("GET", "/v1/devices?limit=500")).json()) as { data: unknown[] };
    expect(data).toHaveLength(fixture.expected.devices.length);
    for (const authorization of ["", "Bearer wrong", `Bearer ${fixture.credential.api_key}`]) {
      const refused = await call("GET", "/v1/devices", undefined, { authorization });
      expect(refused.status).toBe(401);
      expect(refused.headers.get("www-authenticate")).toBe("Bearer");
    }
    expect((await call("GET", "/v2")).status).toBe(404);
  });

  test("declares webhooks and the ping, so that the suite tests them", async () => {
    const { call } = start();
    const manifest = manifestSchema.parse(await (await call("GET", "/.well-known/vendor-cloud")).json());
    expect(manifest.webhooks).toMatchObject({ endpoint_management: true, signature_schemes: ["v1"] });
    const types = manifest.event_types.map(({ type }) => type);
    expect(types).toEqual(["com.convergint.device.status_changed.v1", "com.convergint.webhook.ping.v1"]);
    const { data } = (await (await call("GET", "/v1/event-catalog")).json()) as { data: { type: string }[] };
    expect(data.map(({ type }) => type)).toEqual(types);
  });
});

describe("endpoints", () => {
  test("are registered, listed without their secret, and deleted", async () => {
    const { call, register } = start();
    const { secret, ...endpoint } = await register();
    expect(secret).toMatch(/^whsec_/);
    expect(await (await call("GET", "/v1/webhook-endpoints")).json()).toEqual({ data: [endpoint] });
    const path = `/v1/webhook-endpoints/${endpoint.endpoint_id}`;
    expect((await call("DELETE", path)).status).toBe(204);
    expect(await codeOf(await call("DELETE", path))).toBe("unknown_endpoint");
    expect(await (await call("GET", "/v1/webhook-endpoints")).json()).toEqual({ data: [] });
  });

  test.each([
    ["invalid_destination", { url: "http://hooks.example.com" }],
    ["invalid_destination", { url: "https://10.0.0.1/" }],
    ["invalid_body", { url: "nowhere" }],
    ["unknown_org", { url: HOOK, org_id: "another" }],
  ])("are refused as %s: %o", async (code, body) => {
    const { call } = start();
    expect(await codeOf(await call("POST", "/v1/webhook-endpoints", body))).toBe(code);
  });

  test("answer other methods with 405", async () => {
    const { call } = start();
    const answer = await call("PUT", "/v1/webhook-endpoints/we_1/ping");
    expect([answer.status, answer.headers.get("allow")]).toEqual([405, "POST"]);
  });

  test("get their own pings", async () => {
    const { call, register, posted } = start();
    const { endpoint_id } = await register();
    await register({ url: "https://other.example.com/in" });
    const answer = await call("POST", `/v1/webhook-endpoints/${endpoint_id}/ping`);
    await settled();
    expect(answer.status).toBe(202);
    expect(posted.map(({ url, id }) => [url, id])).toEqual([
      [HOOK, ((await answer.json()) as { event_id: string }).event_id],
    ]);
    const event = JSON.parse(posted[0]?.body ?? "");
    expect(eventSchemaOf(event.type).safeParse(event).success).toBe(true);
  });

  test("are signed with both secrets after a rotation", async () => {
    const { call, register, posted, deliver, clock } = start();
    const { endpoint_id, secret } = await register();
    const rotated = (await (
      await call("POST", `/v1/webhook-endpoints/${endpoint_id}/rotate-secret`)
    ).json()) as {
      secret: string;
    };
    await deliver("webhook.offline");
    expect(posted[0]?.keys).toEqual([rotated.secret, secret]);
    await clock.advance(24 * 3_600 + 1);
    await call("POST", `/v1/webhook-endpoints/${endpoint_id}/ping`);
    await settled();
    expect(posted.at(-1)?.keys).toEqual([rotated.secret]);
  });
});

describe("a delivery of the vendor", () => {
  test("is posted as an event of the contract, signed for its endpoint", async () => {
    const { register, deliver, posted } = start();
    const { secret } = await register();
    expect((await deliver("webhook.offline")).status).toBe(204);
    const [{ body, id, keys, at } = { body: "", id: "", keys: "", at: 0 }] = posted;
    const event = JSON.parse(body);
    expect(eventSchemaOf(event.type).safeParse(event).success).toBe(true);
    expect(event).toMatchObject({ id, data: { status: "offline" } });
    const now = new Date(at);
    const headers = await sign({ id, body, keys, timestamp: now });
    await verify({ headers, body, keys: secret, now });
  });

  test("about a device gets the org and site that the inventory has", async () => {
    const { register, deliver, posted, fixture, reports } = start("verkada");
    await register();
    await deliver("webhook.camera-offline");
    const { data } = JSON.parse(posted[0]?.body ?? "{}");
    const device = fixture.expected.devices.find(({ device_id }) => device_id === data.device_id);
    expect(data).toMatchObject({ org_id: device?.["org_id"], site_id: device?.["site_id"] });
    expect(reports).toMatchObject([{ kind: "read", unplaced: [] }]);
  });

  test("reaches only the endpoints that subscribe to it", async () => {
    const { register, deliver, posted, fixture } = start();
    const org_id = fixture.expected.orgs[0]?.["org_id"];
    await register({ url: `${HOOK}/org`, org_id });
    await register({ url: `${HOOK}/other`, event_types: ["com.convergint.door.held_open.v1"] });
    await deliver("webhook.offline");
    expect(posted.map(({ url }) => url)).toEqual([`${HOOK}/org`]);
  });

  test("that is forged is refused without a reason, and nothing is posted", async () => {
    const { register, deliver, posted, reports } = start();
    await register();
    const answer = await deliver("webhook.offline", (text) => text.replace("offline", "online"));
    expect(answer.status).toBe(401);
    expect(await answer.text()).not.toContain("secret");
    expect(posted).toEqual([]);
    expect(reports).toMatchObject([{ kind: "refused", error: { code: "wrong_signature" } }]);
  });

  test("of a type without a rule is reported, not posted", async () => {
    const { register, deliver, posted, reports } = start();
    await register();
    expect((await deliver("webhook.other-family")).status).toBe(204);
    expect(posted).toEqual([]);
    expect(reports).toMatchObject([{ kind: "read", delivery: { unmapped: [{ index: 0 }] } }]);
  });

  test("that is a handshake is answered", async () => {
    const { shim } = start("eagle-eye");
    const answer = await shim.handle(new Request(`${URL_OF_SHIM}${VENDOR_WEBHOOKS_PATH}?token=abc`));
    expect([answer.status, await answer.text()]).toEqual([200, "abc"]);
  });
});

test("an endpoint of one org gets no event of another", async () => {
  const posted: string[] = [];
  const destinations = createDestinations({
    clock: createClock(0),
    random: () => 0,
    async attempt({ id, url }) {
      posted.push(`${id} ${url}`);
      return ACCEPTED;
    },
  });
  destinations.register({ url: `${HOOK}/a`, org_id: "a" as OrgId });
  destinations.register({ url: `${HOOK}/all` });
  for (const orgId of ["a", "b"]) destinations.publish({ id: `of-${orgId}`, type: "t", orgId, body: "{}" });
  await settled();
  expect(posted.toSorted()).toEqual([`of-a ${HOOK}/a`, `of-a ${HOOK}/all`, `of-b ${HOOK}/all`]);
});

describe("retries", () => {
  test("come after the waits of the schedule or of Retry-After, with the same bytes", async () => {
    const { register, deliver, posted, outcomes, clock } = start();
    await register();
    outcomes.push(
      { kind: "answered", status: 500 },
      { kind: "answered", status: 503, retryAfterSeconds: 600 },
    );
    await deliver("webhook.offline");
    await clock.advance(4);
    expect(posted).toHaveLength(1);
    await clock.advance(1);
    expect(posted).toHaveLength(2);
    await clock.advance(599);
    expect(posted).toHaveLength(2);
    await clock.advance(1);
    expect(posted.map(({ id, body }) => [id, body])).toEqual(Array(3).fill([posted[0]?.id, posted[0]?.body]));
    await clock.advance(1_000_000);
    expect(posted).toHaveLength(3);
  });

  test("end with a 410, which stops the endpoint, and with its deletion", async () => {
    const { register, deliver, posted, outcomes, call, clock } = start();
    const { endpoint_id } = await register();
    outcomes.push({ kind: "answered", status: 410 });
    await deliver("webhook.offline");
    await deliver("webhook.offline");
    expect(posted).toHaveLength(1);
    expect(await (await call("GET", "/v1/webhook-endpoints")).json()).toMatchObject({
      data: [{ endpoint_id, state: "stopped", stopped_reason: "gone" }],
    });
    expect(await codeOf(await call("POST", `/v1/webhook-endpoints/${endpoint_id}/ping`))).toBe(
      "endpoint_stopped",
    );
    const again = await register();
    outcomes.push({ kind: "failed", reason: "timeout", detail: "" });
    await deliver("webhook.offline");
    await call("DELETE", `/v1/webhook-endpoints/${again.endpoint_id}`);
    await clock.advance(1_000_000);
    expect(posted).toHaveLength(2);
  });
});

test("works over the network, with real posts", async () => {
  const received: { headers: Headers; body: string }[] = [];
  const consumer = await serveFetch(async (request) => {
    received.push({ headers: request.headers, body: await request.text() });
    return new Response(null, { status: 204 });
  });
  const fixture = readVendorFixture("convergint-page");
  const cloud = createFakeCloud("convergint-page");
  const { secret, headers, received_at } = fixture.deliveries["webhook.offline"] ?? {
    secret: "",
    headers: {},
    received_at: "",
  };
  const clock = { ...createClock(Date.parse(received_at)) };
  const text = readFileSync(new URL("../../shipped/convergint-page.yaml", import.meta.url), "utf8");
  const shim = await serveShim(readProfile(text), {
    apiKey: KEY,
    baseUrl: `https://vendor.example${cloud.basePath}`,
    credential: { apiKey: fixture.credential.api_key },
    settings: fixture.settings,
    fetch: cloud.fetch as typeof fetch,
    webhookSecrets: [secret],
    allowLoopback: true,
    clock: { ...clock, setTimer: () => () => {} },
  });
  try {
    const created = await fetch(`${shim.url}/v1/webhook-endpoints`, {
      method: "POST",
      headers: { authorization: `Bearer ${KEY}`, "content-type": "application/json" },
      body: JSON.stringify({ url: consumer.origin }),
    });
    const endpoint = (await created.json()) as WebhookEndpointCreated;
    const body = deliveryBody(fixture, "webhook.offline");
    const answer = await fetch(shim.webhooksUrl, { method: "POST", headers, body });
    expect(answer.status).toBe(204);
    await expect.poll(() => received.length).toBe(1);
    const [delivery] = received;
    const now = new Date(received_at);
    expect(
      await verify({ ...(delivery as { headers: Headers; body: string }), keys: endpoint.secret, now }),
    ).toMatchObject({
      id: JSON.parse(delivery?.body ?? "{}").id,
    });
  } finally {
    await Promise.all([shim.close(), consumer.close()]);
  }
});
