import {
  eventCatalogSchema,
  type Manifest,
  manifestSchema,
  PROBLEM_MEDIA_TYPE,
  problemSchema,
} from "@convergint/schemas";
import { createVirtualClock } from "@convergint/testing/virtual-clock";
import { generateSecret } from "@convergint/webhooks";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createCampus } from "./campus.ts";
import type { CampusPart } from "./parts.ts";
import { estate, KEY, type RunningCampus, startCampus } from "./testing/running-campus.ts";
import { startVirtualReceiver } from "./testing/webhook-receiver.ts";
import { expectSigned } from "./testing/webhook-world.ts";

let campus: RunningCampus;
beforeAll(async () => {
  campus = await startCampus();
});
afterAll(() => campus.close());

describe("the manifest", () => {
  it("needs no credential and contains the base URL of the API", async () => {
    const { status, body } = await campus.call("/.well-known/vendor-cloud", { key: null });
    expect(status).toBe(200);
    const manifest = manifestSchema.parse(body);
    expect(manifest.api_base).toBe(campus.baseUrl);
    expect(manifest.sandbox?.control_url).toBe(`${campus.baseUrl}/sandbox`);
  });

  it("declares the device types of the estate and the event types of the catalogue", async () => {
    const manifest = manifestSchema.parse((await campus.call("/.well-known/vendor-cloud")).body);
    const declared = manifest.device_types.map(({ type }) => type);
    expect(new Set(declared)).toEqual(new Set(estate.devices.map(({ type }) => type)));
    const catalogue = eventCatalogSchema.parse((await campus.call("/v1/event-catalog")).body);
    expect(manifest.event_types.map(({ type }) => type)).toEqual(catalogue.data.map(({ type }) => type));
    const silent = manifest.device_types.filter(({ status_from }) => !status_from.includes("events"));
    expect(silent.map(({ type }) => type).sort()).toEqual(["power", "speaker"]);
  });

  it("declares a retry schedule that starts within a minute, jitter included, and lasts a day", async () => {
    const manifest = manifestSchema.parse((await campus.call("/.well-known/vendor-cloud")).body);
    const schedule = manifest.webhooks?.retry_schedule_seconds ?? [];
    expect((schedule[0] ?? 0) * 1.2).toBeLessThanOrEqual(60);
    expect(schedule.reduce((sum, wait) => sum + wait, 0)).toBeGreaterThanOrEqual(86_400);
  });

  it("declares no sandbox in production, and refuses deliveries to loopback", async () => {
    const production = await startCampus({ sandbox: false });
    const manifest = manifestSchema.parse((await production.call("/.well-known/vendor-cloud")).body);
    expect(manifest.sandbox).toBeUndefined();
    const id = estate.devices[0]?.device_id ?? "";
    expect(await production.setStatus(id, "offline")).toMatchObject({ status: 404 });
    const json = { url: "https://127.0.0.1/hooks" };
    expect(await production.call("/v1/webhook-endpoints", { method: "POST", json })).toMatchObject({
      status: 400,
      body: { code: "invalid_destination" },
    });
    await production.close();
  });
});

describe("a part that the campus is without", () => {
  it.each<[CampusPart, (manifest: Manifest) => unknown, string]>([
    [
      "endpoint-management",
      ({ webhooks }) => webhooks?.endpoint_management || undefined,
      "/v1/webhook-endpoints",
    ],
    ["webhooks", ({ webhooks }) => webhooks, "/v1/webhook-endpoints"],
    ["backfill", ({ backfill }) => backfill, "/v1/events"],
  ])("%s is neither declared nor served", async (part, find, path) => {
    const smaller = await startCampus({ without: [part] });
    const manifest = manifestSchema.parse((await smaller.call("/.well-known/vendor-cloud")).body);
    const catalogue = eventCatalogSchema.parse((await smaller.call("/v1/event-catalog")).body);
    expect([find(manifest), (await smaller.call(path)).status]).toEqual([undefined, 404]);
    expect(manifest.event_types.map(({ type }) => type)).toEqual(catalogue.data.map(({ type }) => type));
    await smaller.close();
  });

  it("sandbox is not declared, but served", async () => {
    const smaller = await startCampus({ without: ["sandbox"] });
    const manifest = manifestSchema.parse((await smaller.call("/.well-known/vendor-cloud")).body);
    expect(manifest.sandbox).toBeUndefined();
    expect(await smaller.setStatus(estate.devices[0]?.device_id ?? "", "unknown")).toMatchObject({
      status: 200,
    });
    await smaller.close();
  });
});

it("posts to an endpoint that was entered by hand, signed with its secret", async () => {
  const clock = createVirtualClock();
  const hooks = await startVirtualReceiver(clock, [{ status: 204 }]);
  const secret = generateSecret();
  const posting = await startCampus({
    handRegistered: [{ url: hooks.url, secret }],
    unrestSeconds: 1,
    clock,
  });
  // No caller commands a device: the first event is about a change that a device made by itself.
  const [delivery] = await hooks.receives(1);
  if (!delivery) throw new Error("nothing arrived");
  await expectSigned(delivery, secret, new Date(delivery.at));
  await clock.run(() => posting.close());
  await hooks.close();
});

const device = estate.devices[0]?.device_id;
const speaker = estate.devices.find(({ type }) => type === "speaker")?.device_id;
const offline = estate.devices.find(({ status }) => status === "offline")?.device_id;
const post = (json: unknown) => ({ method: "POST", json });
const HEARTBEAT = "com.convergint.device.heartbeat.v1";

describe("a refusal", () => {
  it.each<[string, string, Parameters<RunningCampus["call"]>[1], number, string]>([
    ["no credential", "/v1/orgs", { key: null }, 401, "unauthorized"],
    ["a wrong credential", "/v1/devices", { key: "no-such-key" }, 401, "unauthorized"],
    ["part of a credential", "/v1/devices", { key: KEY.slice(0, -1) }, 401, "unauthorized"],
    ["no credential at an unknown path", "/v1/nothing", { key: null }, 401, "unauthorized"],
    [
      "no credential at the sandbox",
      `/sandbox/devices/${device}/status`,
      { ...post({}), key: null },
      401,
      "unauthorized",
    ],
    ["an unknown path below the API", "/v1/nothing", {}, 404, "not_found"],
    ["an unknown path elsewhere", "/nothing", {}, 404, "not_found"],
    ["an unsupported method", "/v1/devices", { method: "DELETE" }, 405, "method_not_allowed"],
    ["a badly escaped path", "/v1/devices/%zz", {}, 400, "malformed_request"],
    ["an unknown device", "/v1/devices/nothing", {}, 404, "unknown_device"],
    ["a long unknown device", `/v1/devices/${"%C3%A9".repeat(256)}`, {}, 404, "unknown_device"],
    ["an unknown org", "/v1/devices?org_id=nothing", {}, 404, "unknown_org"],
    ["an unknown site", "/v1/devices?site_id=nothing", {}, 404, "unknown_site"],
    ["an empty site id", "/v1/devices?site_id=", {}, 404, "unknown_site"],
    ["limit 0", "/v1/devices?limit=0", {}, 400, "invalid_limit"],
    ["a negative limit", "/v1/devices?limit=-1", {}, 400, "invalid_limit"],
    ["a fractional limit", "/v1/devices?limit=1.5", {}, 400, "invalid_limit"],
    ["a limit that is not a number", "/v1/orgs?limit=ten", {}, 400, "invalid_limit"],
    ["an empty limit", "/v1/sites?limit=", {}, 400, "invalid_limit"],
    ["a repeated parameter", "/v1/devices?limit=1&limit=2", {}, 400, "invalid_parameter"],
    ["a made-up cursor", "/v1/devices?cursor=made-up", {}, 400, "invalid_cursor"],
    ["an empty cursor", "/v1/devices?cursor=", {}, 400, "invalid_cursor"],
    ["an unknown since", "/v1/devices?since=token", {}, 400, "invalid_sync_token"],
    ["since for sites", "/v1/sites?since=token", {}, 400, "since_not_supported"],
    [
      "an unknown endpoint",
      "/v1/webhook-endpoints/nothing/ping",
      { method: "POST" },
      404,
      "unknown_endpoint",
    ],
    ["an endpoint without a URL", "/v1/webhook-endpoints", post({ url: "nowhere" }), 400, "invalid_body"],
    [
      "an endpoint at a private address",
      "/v1/webhook-endpoints",
      post({ url: "https://10.0.0.1/" }),
      400,
      "invalid_destination",
    ],
    [
      "an endpoint for an unknown org",
      "/v1/webhook-endpoints",
      post({ url: "https://hooks.example.com/", org_id: "nothing" }),
      404,
      "unknown_org",
    ],
    [
      "an unknown status",
      `/sandbox/devices/${device}/status`,
      post({ status: "asleep" }),
      400,
      "invalid_body",
    ],
    ["a body that is not an object", `/sandbox/devices/${device}/status`, post(null), 400, "invalid_body"],
    [
      "a status for an unknown device",
      "/sandbox/devices/nothing/status",
      post({ status: "online" }),
      404,
      "unknown_device",
    ],
    [
      "an uncatalogued event",
      `/sandbox/devices/${device}/events`,
      post({ type: "com.example.nothing.v1" }),
      400,
      "unknown_event_type",
    ],
    [
      "an event of a silent device",
      `/sandbox/devices/${speaker}/events`,
      post({ type: HEARTBEAT }),
      400,
      "unknown_event_type",
    ],
    [
      "an event that the inventory would contradict",
      `/sandbox/devices/${device}/events`,
      post({ type: "com.convergint.device.removed.v1" }),
      400,
      "invalid_body",
    ],
    [
      "a status_changed event with another status",
      `/sandbox/devices/${device}/events`,
      post({ type: "com.convergint.device.status_changed.v1", data: { status: "degraded" } }),
      400,
      "invalid_body",
    ],
    [
      "a heartbeat of a dead device",
      `/sandbox/devices/${offline}/events`,
      post({ type: HEARTBEAT }),
      409,
      "device_unreachable",
    ],
  ])("of %s is a problem with a code", async (_, path, options, status, code) => {
    const answer = await campus.call(path, options);
    const problem = problemSchema.parse(answer.body);
    expect(problem).toMatchObject({ status, code, type: "about:blank" });
    expect(answer.status).toBe(status);
    expect(answer.headers.get("content-type")).toMatch(
      new RegExp(`^${PROBLEM_MEDIA_TYPE.replace("+", "\\+")}`),
    );
    expect(answer.headers.get("www-authenticate")).toBe(status === 401 ? "Bearer" : null);
    expect(JSON.stringify(answer.body)).not.toContain(options?.key ?? KEY);
  });

  it.each([
    ["{not json", "application/json", 400, "malformed_body"],
    ["", "application/json", 400, "malformed_body"],
    ["<xml/>", "application/xml", 415, "unsupported_media_type"],
    [`"${"x".repeat(1_100_000)}"`, "application/json", 413, "payload_too_large"],
  ])("of the body %.9s as %s is a problem with a code", async (body, type, status, code) => {
    const response = await fetch(`${campus.baseUrl}/v1/webhook-endpoints`, {
      method: "POST",
      headers: { authorization: `Bearer ${KEY}`, "content-type": type },
      body,
    });
    expect(response.status).toBe(status);
    expect(problemSchema.parse(await response.json())).toMatchObject({ status, code });
  });

  it("does not reveal an internal error", async () => {
    const broken = createCampus({ seed: 1, apiKeys: [] });
    broken.app.log.level = "silent";
    broken.app.addHook("onRequest", async () => {
      throw new Error("the password is swordfish");
    });
    const response = await fetch(`${await broken.listen()}/.well-known/vendor-cloud`);
    const text = await response.text();
    expect(problemSchema.parse(JSON.parse(text))).toMatchObject({ status: 500, code: "internal_error" });
    expect(text).not.toContain("swordfish");
    await broken.close();
  });
});

it("accepts the media type of JSON without a body, where no body is needed", async () => {
  const headers = { authorization: `Bearer ${KEY}`, "content-type": "application/json" };
  const url = `${campus.baseUrl}/v1/webhook-endpoints/nothing/ping`;
  const answer = await fetch(url, { method: "POST", headers });
  expect(await answer.json()).toMatchObject({ status: 404, code: "unknown_endpoint" });
  const registered = await fetch(`${campus.baseUrl}/v1/webhook-endpoints`, { method: "POST", headers });
  expect(await registered.json()).toMatchObject({ status: 400, code: "malformed_body" });
});

it("names the methods of a path, and answers headers that are too large with a problem", async () => {
  const headers = { authorization: `Bearer ${KEY}` };
  const put = await fetch(`${campus.baseUrl}/v1/devices`, { method: "PUT", headers });
  expect(put.headers.get("allow")).toBe("GET, HEAD");
  const large = await fetch(campus.baseUrl, { headers: { "x-large": "x".repeat(20_000) } });
  expect([large.status, large.headers.get("content-type")]).toEqual([431, PROBLEM_MEDIA_TYPE]);
});
