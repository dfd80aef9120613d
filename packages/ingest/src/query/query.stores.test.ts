import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { statusChanged } from "../testing/deliver.ts";
import { type Onboarded, onboard, startOnboarded } from "../testing/onboarded.ts";
import { ADMIN_TOKEN, type Answer, call } from "../testing/running-server.ts";
import { listed } from "../testing/stand-in-vendor.ts";

let at: Onboarded;
let second: string;
beforeAll(async () => {
  at = await startOnboarded({
    prepare: (vendor) => {
      vendor.sites = [...vendor.sites, { site_id: "annex", org_id: "org", name: "Annex" }];
      vendor.devices = Array.from({ length: 23 }, (_, n) =>
        listed(`cam-${n}`, { status: n % 2 ? "online" : "offline", site_id: n < 5 ? "annex" : "hq" }),
      );
    },
  });
  second = (await onboard(at.server, at.vendor)).body.integration_id;
  for (let n = 0; n < 5; n += 1)
    await at.deliver(statusChanged({ id: `evt-${n}`, data: { device_id: "zz" } }));
});
afterAll(() => at.close());

const expectProblem = ({ status, headers, body }: Answer, expected: number, code: string) => {
  expect({ status, code: body?.code, inBody: body?.status }).toEqual({
    status: expected,
    code,
    inBody: expected,
  });
  expect(headers.get("content-type")).toMatch(/^application\/problem\+json/);
};

describe("authorization", () => {
  const paths = ["/v1/devices", "/v1/events", "/v1/refused-deliveries", "/v1/integrations", "/v1/nothing"];
  const authorizations: readonly (readonly [string, string | undefined])[] = [
    ["no token", undefined],
    ["a wrong token", "Bearer wrong"],
    ["an empty token", "Bearer "],
    ["the token with a suffix", `Bearer ${ADMIN_TOKEN}x`],
    ["a prefix of the token", `Bearer ${ADMIN_TOKEN.slice(0, -1)}`],
    ["the token in another scheme", `Basic ${ADMIN_TOKEN}`],
    ["the vendor's key", "Bearer key-of-the-vendor"],
  ];
  const cases = authorizations.flatMap(([what, authorization]) =>
    paths.map((path) => [what, path, authorization] as const),
  );
  test.each(cases)("%s on %s: 401", async (_, path, authorization) => {
    const answer = await call(`${at.server.url}${path}`, { headers: authorization ? { authorization } : {} });
    expectProblem(answer, 401, "unauthorized");
    expect(answer.headers.get("www-authenticate")).toBe("Bearer");
  });

  test("onboarding without the token is refused, whatever the body is", async () => {
    expectProblem(
      await call(`${at.server.url}/v1/integrations`, { method: "POST", body: "{" }),
      401,
      "unauthorized",
    );
  });

  test("health needs no token and reveals nothing", async () => {
    expect((await call(`${at.server.url}/healthz`)).text).toBe('{"status":"ok"}');
    expect((await call(`${at.server.url}/readyz`)).text).toBe('{"status":"ready"}');
  });
});

describe("an invalid request", () => {
  const cursor = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
  test.each([
    ["/v1/devices?limit=0", "invalid_parameter"],
    ["/v1/devices?limit=1001", "invalid_parameter"],
    ["/v1/devices?limit=ten", "invalid_parameter"],
    ["/v1/devices?limit=1.5", "invalid_parameter"],
    ["/v1/devices?limit=1&limit=2", "invalid_parameter"],
    ["/v1/devices?status=broken", "invalid_parameter"],
    ["/v1/devices?cursor=", "invalid_cursor"],
    ["/v1/devices?cursor=made-up", "invalid_cursor"],
    [`/v1/devices?cursor=${cursor(["one"])}`, "invalid_cursor"],
    [`/v1/devices?cursor=${cursor([1, 2])}`, "invalid_cursor"],
    [`/v1/devices?cursor=${cursor({ after: "x" })}`, "invalid_cursor"],
    ["/v1/events?after=-1", "invalid_parameter"],
    ["/v1/events?after=x", "invalid_parameter"],
    ["/v1/events?after=99999999999999999999", "invalid_parameter"],
    ["/v1/refused-deliveries?limit=-5", "invalid_parameter"],
    ["/v1/devices/%zz", "malformed_request"],
    ["/v1/integrations?customer_id=a", "invalid_parameter"],
  ])("%s: 400 %s", async (path, code) => {
    expectProblem(await at.server.get(path), 400, code);
  });

  test.each([
    ["custmer_id=a", "custmer_id", "customer_id"],
    ["customer_id[]=a", "customer_id[]", "customer_id"],
    ["Customer_Id=a", "Customer_Id", "customer_id"],
    ["statuses=offline", "statuses", "status"],
  ])("a misspelt filter ?%s answers no device and names the right one", async (query, name, meant) => {
    for (const path of ["/v1/devices", "/v1/events"]) {
      const answer = await at.server.get(`${path}?${query}`);
      if (path === "/v1/events" && meant === "status") continue;
      expectProblem(answer, 400, "invalid_parameter");
      expect(answer.body.detail).toBe(`Unknown parameter "${name}". Did you mean ${meant}?`);
    }
  });

  test.each([
    ["PUT", "/mapping", undefined],
    ["PUT", "/mapping", { type: {} }],
    ["PATCH", "", undefined],
    ["PATCH", "", { polls_seconds: 60 }],
    ["PUT", "/bindings", undefined],
  ] as const)("%s %s with the body %j changes nothing", async (method, path, body) => {
    const url = `${at.server.url}/v1/integrations/${at.integrationId}`;
    const headers = { authorization: `Bearer ${ADMIN_TOKEN}`, "content-type": "application/json" };
    const send = (method: string, at: string, body?: unknown) =>
      call(at, { method, headers, ...(body !== undefined && { body: JSON.stringify(body) }) });
    await send("PUT", `${url}/mapping`, { types: { KAM: "camera" }, statuses: {} });
    const before = [await send("GET", url), await send("GET", `${url}/mapping`)].map(({ text }) => text);
    expectProblem(await send(method, url + path, body), 400, "invalid_parameter");
    const after = [await send("GET", url), await send("GET", `${url}/mapping`)].map(({ text }) => text);
    expect(after).toEqual(before);
    expect(before[1]).toContain("KAM");
  });

  test("a new credential that no header can carry: refused, not an internal error", async () => {
    const answer = await call(`${at.server.url}/v1/integrations/${at.integrationId}`, {
      method: "PATCH",
      headers: { authorization: `Bearer ${ADMIN_TOKEN}`, "content-type": "application/json" },
      body: JSON.stringify({ credential: { api_key: "line\nbreak" } }),
    });
    expect(answer.status).toBeLessThan(500);
  });

  test.each([
    ["no body", undefined, "invalid_parameter"],
    ["an array", [], "invalid_parameter"],
    ["no name", { base_url: "https://vendor.example", api_key: "k" }, "invalid_parameter"],
    ["a base URL that is a path", { name: "n", base_url: "/etc", api_key: "k" }, "invalid_parameter"],
    [
      "a base URL that is a file",
      { name: "n", base_url: "file:///etc/passwd", api_key: "k" },
      "invalid_parameter",
    ],
    [
      "a poll every half second",
      { name: "n", base_url: "https://v.example", api_key: "k", poll_seconds: 0.5 },
      "invalid_parameter",
    ],
    [
      "an empty list of secrets",
      { name: "n", base_url: "https://v.example", api_key: "k", webhook_secrets: [] },
      "invalid_parameter",
    ],
  ])("onboarding with %s: 400", async (_, body, code) => {
    expectProblem(await at.server.post("/v1/integrations", body), 400, code);
  });

  test("a body that would pollute prototypes: 400", async () => {
    const answer = await call(`${at.server.url}/v1/integrations`, {
      method: "POST",
      headers: { authorization: `Bearer ${ADMIN_TOKEN}`, "content-type": "application/json" },
      body: '{"__proto__":{"polluted":true}}',
    });
    expectProblem(answer, 400, "malformed_request");
    expect({}).not.toHaveProperty("polluted");
  });

  test("an unknown path or device: 404", async () => {
    expectProblem(await at.server.get("/v1/nothing"), 404, "not_found");
    expectProblem(await call(`${at.server.url}/nothing`), 404, "not_found");
    expectProblem(await at.server.get("/v1/integrations/int_none/devices/cam-1"), 404, "unknown_device");
    expectProblem(await at.device("nothing"), 404, "unknown_device");
  });
});

test("a customer sees only its own devices", async () => {
  const [shown] = (await at.server.get("/v1/devices?limit=1&bound=true")).body.data;
  const { integration_id, device_id, customer_id } = shown;
  const path = `/v1/integrations/${integration_id}/devices/${device_id}`;
  const seenBy = (customer: string) => at.server.get(`${path}?customer_id=${customer}`);
  expect((await seenBy(customer_id)).body).toMatchObject({ device_id, customer_id });
  expectProblem(await seenBy("another"), 404, "unknown_device");
});

describe("listing devices", () => {
  const walk = async (filter: string, limit: number) => {
    const seen: string[] = [];
    let cursor: string | null = null;
    do {
      const path: string = `/v1/devices?limit=${limit}${filter}${cursor ? `&cursor=${cursor}` : ""}`;
      const { body } = await at.server.get(path);
      expect(body.data.length).toBeLessThanOrEqual(limit);
      for (const device of body.data) seen.push(`${device.integration_id} ${device.device_id}`);
      cursor = body.next_cursor;
    } while (cursor !== null);
    return seen;
  };
  // There are 23 devices in each of two integrations, and one more that is known only from events.
  test.each([1, 2, 5, 23, 24, 46, 47, 48, 1000])(
    "in pages of %i returns each exactly once, in order",
    async (limit) => {
      const seen = await walk("", limit);
      expect(seen).toHaveLength(47);
      expect(new Set(seen).size).toBe(47);
      expect(seen).toEqual([...seen].sort());
    },
  );

  test.each([
    ["site_id=annex", 10],
    ["status=online", 22],
    ["status=unknown", 0],
    ["site_id=annex&status=online", 4],
  ])("%s returns %i, page by page", async (filter, count) => {
    expect(await walk(`&${filter}`, 3)).toHaveLength(count);
  });

  test("of one integration returns only its devices", async () => {
    const seen = await walk(`&integration_id=${second}`, 4);
    expect(seen).toHaveLength(23);
    expect(seen.every((device) => device.startsWith(second))).toBe(true);
  });

  test("of an unknown integration or site returns nothing", async () => {
    expect(await walk("&integration_id=int_none", 5)).toEqual([]);
    expect(await walk("&site_id=%27%20OR%201%3D1%20--", 5)).toEqual([]);
  });
});

test("events continue after a sequence, in order of arrival", async () => {
  const { data } = (await at.server.get("/v1/events?limit=2")).body;
  const rest = (await at.server.get(`/v1/events?after=${data.at(-1).sequence}`)).body.data;
  const ids = [...data, ...rest].map(({ event }) => event.id);
  expect(ids).toEqual(["evt-0", "evt-1", "evt-2", "evt-3", "evt-4"]);
});
