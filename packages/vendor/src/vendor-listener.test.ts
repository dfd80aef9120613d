import { once } from "node:events";
import { createServer, request } from "node:http";
import type { AddressInfo } from "node:net";
import { createOutbox, DEFAULT_RETRY_SCHEDULE_SECONDS, systemClock } from "@convergint/delivery";
import { createSqliteStore } from "@convergint/delivery/sqlite";
import { type Device, deviceSchema, orgSchema, problemSchema, siteSchema } from "@convergint/schemas";
import { afterEach, describe, expect, test } from "vitest";
import { statusChangedEvent, VendorRefusal } from "./index.ts";
import { createVendorListener } from "./vendor-listener.ts";

const VENDOR = { id: "my-cloud", name: "My Cloud" };
const HOUR_MS = 3_600_000;
const orgs = ["a", "b"].map((org_id) => orgSchema.parse({ org_id, name: org_id }));
const sites = orgs.map(({ org_id }) => siteSchema.parse({ site_id: `site-${org_id}`, org_id, name: org_id }));
const device = (number: number, org_id = "a"): Device =>
  deviceSchema.parse({
    ...{
      device_id: `${org_id}/${number} %`,
      org_id,
      site_id: `site-${org_id}`,
      name: "Entrance",
      type: "camera",
    },
    status: "online",
  });

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

/** Starts a vendor with two orgs; the key is the id of the org that it sees. */
async function start() {
  const time = { aheadMs: 0 };
  const clock = { ...systemClock, now: () => Date.now() + time.aheadMs };
  const store = await createSqliteStore({ path: ":memory:" });
  const outbox = await createOutbox({ store, encryptionKey: Buffer.alloc(32).toString("base64"), clock });
  const devices = new Map(
    [device(1), device(2), device(3), device(1, "b")].map((each) => [each.device_id as string, each]),
  );
  const errors: unknown[] = [];
  const listener = createVendorListener({
    ...{
      vendor: VENDOR,
      outbox,
      clock,
      retentionHours: 168,
      retryScheduleSeconds: DEFAULT_RETRY_SCHEDULE_SECONDS,
    },
    baseUrl: () => url,
    estate: {
      orgs: () => orgs,
      sites: () => sites,
      devices: () => devices.values(),
      device: (id) => devices.get(id),
    },
    deviceTypes: [{ type: "camera", status_from: ["inventory", "events"] }],
    authenticate: (key) => {
      if (key === "broken") throw new Error("the database is down");
      return key === "a" || key === "b" ? { id: key, orgIds: [key] } : undefined;
    },
    setStatus: async () => {
      throw new VendorRefusal("device_unreachable", "Its bridge is offline.");
    },
    onError: (error) => errors.push(error),
  });
  const server = createServer(listener).listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  closers.push(
    () => outbox.close(),
    async () => server.close().closeAllConnections(),
  );
  const call = async (path: string, { key = "a", ...init }: RequestInit & { readonly key?: string } = {}) => {
    const headers = { authorization: `Bearer ${key}`, ...init.headers };
    const answer = await fetch(url + path, { ...init, headers });
    const text = await answer.text();
    const body = text === "" ? undefined : JSON.parse(text);
    if (answer.status >= 400) expect(problemSchema.parse(body).status).toBe(answer.status);
    return { status: answer.status, code: body?.code, body, headers: answer.headers };
  };
  return { call, devices, errors, outbox, time, url };
}

test("a listing stays as it was at its first page, until its cursor expires", async () => {
  const { call, devices, time } = await start();
  const first = await call("/v1/devices?limit=2");
  devices.delete("a/3 %");
  const rest = (key: string, filter = "") =>
    call(`/v1/devices?cursor=${first.body.next_cursor}${filter}`, { key });
  expect((await rest("a")).body).toMatchObject({
    data: [{ device_id: "a/3 %" }],
    next_cursor: null,
    snapshot: { total_count: 3 },
  });
  expect(await rest("b")).toMatchObject({ status: 400, code: "invalid_cursor" });
  expect(await rest("a", "&org_id=a")).toMatchObject({ status: 400, code: "invalid_cursor" });
  time.aheadMs = 14 * 60_000;
  expect((await rest("a")).status).toBe(200);
  time.aheadMs = 16 * 60_000;
  expect(await rest("a")).toMatchObject({ status: 410, code: "cursor_expired" });
});

describe("refuses", () => {
  const json = { "content-type": "application/json" };
  const post = (body: string, headers: Record<string, string> = json) => ({ method: "POST", body, headers });
  const STATUS = "/sandbox/devices/a%2F1%20%25/status";
  test.each<[string, RequestInit & { key?: string }, number, string]>([
    ["/v1/devices?limit=0", {}, 400, "invalid_limit"],
    ["/v1/devices?limit=1&limit=2", {}, 400, "invalid_parameter"],
    ["/v1/devices?since=x", {}, 400, "since_not_supported"],
    ["/v1/devices?org_id=b", {}, 404, "unknown_org"],
    ["/v1/devices?org_id=", {}, 404, "unknown_org"],
    ["/v1/devices?site_id=site-b", {}, 404, "unknown_site"],
    ["/v1/devices/b%2F1%20%25", {}, 404, "unknown_device"],
    ["/v1/devices/%", {}, 404, "unknown_device"],
    ["/v1/events?after=yesterday", {}, 400, "invalid_parameter"],
    ["/v1/nothing", {}, 404, "not_found"],
    ["/v1/orgs", { key: "c" }, 401, "unauthorized"],
    ["/v1/orgs", { key: "broken" }, 500, "internal_error"],
    ["/v1/orgs", { method: "PUT" }, 405, "method_not_allowed"],
    ["/v1/webhook-endpoints", post("{"), 400, "malformed_body"],
    ["/v1/webhook-endpoints", post('{"url":1}'), 400, "invalid_body"],
    ["/v1/webhook-endpoints", post('{"url":"http://example.com/"}'), 400, "invalid_destination"],
    ["/v1/webhook-endpoints", post("{}", { "content-type": "text/plain" }), 415, "unsupported_media_type"],
    ["/v1/webhook-endpoints", post(`{"url":"${"x".repeat(70_000)}"}`), 413, "payload_too_large"],
    ["/v1/webhook-endpoints/none/ping", { method: "POST" }, 404, "unknown_endpoint"],
    [STATUS, post('{"status":"offline"}'), 409, "device_unreachable"],
    [STATUS, post('{"status":"gone"}'), 400, "invalid_body"],
  ])("%s %j", async (path, init, status, code) => {
    const { call, errors } = await start();
    const answer = await call(path, init);
    expect([answer.status, answer.code]).toEqual([status, code]);
    // The cause is for the vendor's log only.
    expect(JSON.stringify(answer.body)).not.toContain("database");
    expect(errors.map(String)).toEqual(code === "internal_error" ? ["Error: the database is down"] : []);
    if (status === 405) expect(answer.headers.get("allow")).toBe("GET");
    if (status === 401) expect(answer.headers.get("www-authenticate")).toBe("Bearer");
  });
});

test("backfill reaches as far back as events are kept, and no further", async () => {
  const { call, outbox, time } = await start();
  const occurrence = { time: new Date().toISOString(), sequence: 1 };
  const event = statusChangedEvent(VENDOR, { ...device(1), status: "offline" }, "online", occurrence);
  await outbox.enqueue(event);
  expect((await call("/v1/events")).body.data).toEqual([JSON.parse(JSON.stringify(event))]);
  expect((await call("/v1/events", { key: "b" })).body.data).toEqual([]);
  const after = encodeURIComponent(new Date(Date.now() + HOUR_MS).toISOString());
  expect((await call(`/v1/events?after=${after}`)).body.data).toEqual([]);
  time.aheadMs = 168 * HOUR_MS;
  expect((await call(`/v1/events?after=${after}`)).status).toBe(200);
  time.aheadMs = 170 * HOUR_MS;
  expect(await call(`/v1/events?after=${after}`)).toMatchObject({ status: 410, code: "backfill_expired" });
});

test("compresses large answers for callers that accept gzip", async () => {
  const { devices, url } = await start();
  for (let number = 4; number < 40; number += 1) devices.set(`a/${number}`, device(number));
  const encodingFor = async (accepted: string) => {
    const headers = { authorization: "Bearer a", "accept-encoding": accepted };
    const [answer] = await once(request(`${url}/v1/devices`, { headers }).end(), "response");
    answer.resume();
    return answer.headers["content-encoding"];
  };
  expect(await encodingFor("br, gzip")).toBe("gzip");
  expect(await encodingFor("gzip;q=0")).toBeUndefined();
  expect(await encodingFor("identity")).toBeUndefined();
});
