import { describe, expect, test } from "vitest";
import {
  createFakeVendor,
  type FakeCall,
  type FakeListing,
  type FakePaging,
  pagingRule,
} from "../testing/fake-vendor.ts";
import {
  all,
  connectFake,
  fakeProfile,
  listDevices,
  type ProfileParts,
  problemOf,
  row,
} from "../testing/read-fake.ts";
import type { ContractFetchOptions } from "./contract-fetch.ts";
import { nextLink } from "./paging.ts";

type Intercept = (call: FakeCall, index: number) => Response | null | Promise<Response | null>;

const CURSOR: FakePaging = { style: "cursor", end: "null" };
const PAGES: FakePaging = { style: "page", totals: "items" };

/** A vendor with a list of rows that a test may change while it is read, and a client of its contract. */
function start(
  {
    rows = [1, 2, 3, 4, 5, 6, 7].map((key) => row(key)),
    paging = CURSOR,
    size = 2,
    envelope = "member",
    intercept,
    ...parts
  }: ProfileParts & {
    rows?: object[];
    paging?: FakePaging;
    size?: number;
    envelope?: FakeListing["envelope"];
    intercept?: Intercept;
  } = {},
  options: Partial<ContractFetchOptions> = {},
) {
  const vendor = createFakeVendor({ "/devices": { paging, envelope, items: () => rows } }, intercept);
  const devices = { paging: pagingRule(paging, envelope, size), ...parts.devices };
  const pauses: number[] = [];
  const sleep = async (seconds: number) => {
    pauses.push(seconds);
  };
  const { client, contract } = connectFake(vendor, fakeProfile({ ...parts, devices }), { sleep, ...options });
  return { vendor, client, contract, rows, pauses };
}

const idsOf = (devices: readonly { readonly device_id: string }[]) =>
  devices.map(({ device_id }) => device_id);
const json = (body: unknown, status = 200, headers = {}) => Response.json(body, { status, headers });
/** Answers the second call; the others reach the listing. */
const second =
  (answer: () => Response): Intercept =>
  (_, index) =>
    index === 1 ? answer() : null;
const page = (more: object) => json({ items: [row(3)], next: "c4", ...more });

describe("a failure of the vendor is never an empty or shorter inventory", () => {
  test.each<[string, string, Parameters<typeof start>[0]]>([
    [
      "a list with another name",
      "missing_items",
      { intercept: second(() => json({ rows: [], next: null })) },
    ],
    ["no list but null", "missing_items", { intercept: second(() => page({ items: null })) }],
    ["a list that became an object", "missing_items", { intercept: second(() => page({ items: { d: 1 } })) }],
    [
      "a cursor with another name",
      "missing_cursor",
      { intercept: second(() => page({ next: undefined, nextToken: "c4" })) },
    ],
    [
      "an empty cursor where null is the end",
      "missing_cursor",
      { intercept: second(() => page({ next: "" })) },
    ],
    ["a cursor that is an object", "missing_cursor", { intercept: second(() => page({ next: {} })) }],
    [
      "no word on whether there is more",
      "missing_cursor",
      { paging: { style: "cursor", end: "flag" }, intercept: second(() => page({})) },
    ],
    [
      "no cursor although there is more",
      "missing_cursor",
      { paging: { style: "cursor", end: "flag" }, intercept: second(() => page({ next: null, more: true })) },
    ],
    ["no total", "missing_total", { paging: PAGES, intercept: second(() => page({ total: null })) }],
    [
      "a total that is not a number",
      "missing_total",
      { paging: PAGES, intercept: second(() => page({ total: "many" })) },
    ],
    [
      "an HTML page",
      "not_json",
      {
        intercept: second(
          () => new Response("<html>the-secret-key</html>", { headers: { "content-type": "text/html" } }),
        ),
      },
    ],
    ["half a body", "not_json", { intercept: second(() => new Response('{"items": [')) }],
    [
      "the same cursor again",
      "repeated_cursor",
      { intercept: (_, index) => (index > 0 ? page({ next: "c1" }) : null) },
    ],
    [
      "ever new empty pages",
      "endless_listing",
      { intercept: (_, index) => json({ items: [], next: `c${index}` }) },
    ],
    [
      "the same page for each number",
      "repeated_page",
      { paging: { style: "page", totals: "none" }, intercept: () => json({ items: [row(1), row(2)] }) },
    ],
    [
      "a redirection",
      "redirected",
      {
        intercept: second(
          () => new Response(null, { status: 302, headers: { location: "https://other.example" } }),
        ),
      },
    ],
    [
      "an unknown path",
      "vendor_refused",
      { intercept: second(() => json({ message: "no such path" }, 404)) },
    ],
    ["a refused credential", "unauthorized", { intercept: second(() => json({ error: "bad" }, 401)) }],
    ["a missing permission", "forbidden", { intercept: second(() => json({ error: "scope" }, 403)) }],
    [
      "an error in a body with 200",
      "vendor_error",
      {
        errors: [
          { when: "has(body.error) && body.error == true", code: "vendor_error", detail: "body.message" },
        ],
        intercept: second(() => json({ error: true, message: "try the-secret-key later", items: [] })),
      },
    ],
    [
      "a refused credential in a body with 200",
      "unauthorized",
      {
        errors: [{ when: "body.code == 'AUTH'", code: "bad_key", means: "unauthorized" }],
        intercept: second(() => json({ code: "AUTH", items: [] })),
      },
    ],
    [
      "the next page on another host",
      "unsafe_url",
      {
        paging: { style: "link" },
        intercept: () => json({ items: [] }, 200, { link: '<https://evil.example/devices>; rel="next"' }),
      },
    ],
    [
      "a placeholder without a value",
      "missing_value",
      {
        settings: { place: { title: "Place", required: false } },
        devices: { path: "/{setting.place}/devices" },
      },
    ],
  ])("%s", async (_, code, setup) => {
    const { client } = start(setup);
    const problem = await problemOf(listDevices(client));
    expect(problem.code).toBe(code);
    expect(problem.detail).toMatch(/^fake\.json:\d+:\d+ /);
    expect(problem.detail).not.toContain("the-secret-key");
  });

  test("a value in a path or a header never leads to another call", async () => {
    const settings = { place: { title: "Place", default: ".." } };
    const inPath = start({ settings, devices: { path: "/devices/{setting.place}/admin" } });
    expect(await problemOf(listDevices(inPath.client))).toMatchObject({ code: "vendor_refused" });
    expect(inPath.vendor.calls[0]?.url.pathname).toBe("/root/devices/%252E%252E/admin");
    const inHeader = start(
      { settings, devices: { headers: { "x-place": "{setting.place}" } } },
      { settings: { place: "hq\r\nx-admin: true" } },
    );
    expect(await problemOf(listDevices(inHeader.client))).toMatchObject({ code: "missing_value" });
    expect(inHeader.vendor.calls).toEqual([]);
  });

  test("an empty page before the end is not the end", async () => {
    for (const paging of [CURSOR, PAGES, { style: "offset", totals: "items" }] as const) {
      const rows = [1, 2, 3, 4].map((key) => row(key));
      // The second page is empty; the pages after it have what would have been on it.
      const empty: Intercept = ({ url: { searchParams } }, index) => {
        if (index === 1) return json({ items: [], next: "c02", total: 4 });
        for (const [name, by] of [
          ["page", 1],
          ["offset", 2],
        ] as const) {
          if (index > 1 && searchParams.has(name))
            searchParams.set(name, String(Number(searchParams.get(name)) - by));
        }
        return null;
      };
      const { client } = start({ rows, paging, intercept: empty });
      expect(idsOf((await listDevices(client)).devices)).toEqual(["d1", "d2", "d3", "d4"]);
    }
  });

  test("only a listed status means an empty listing", async () => {
    const intercept = () => json({ message: "no devices" }, 404);
    for (const paging of [CURSOR, PAGES]) {
      const { client } = start({ paging, intercept, devices: { empty_statuses: [404] } });
      expect(await listDevices(client)).toEqual({ devices: [], faults: [] });
    }
  });
});

describe("a busy vendor", () => {
  test("is asked again, after the time that it names", async () => {
    const busy = [json({}, 429, { "retry-after": "7" }), json({}, 503), json({}, 500), json({}, 502)];
    const { client, pauses } = start({ intercept: () => busy.shift() ?? null });
    expect((await listDevices(client)).devices).toHaveLength(7);
    expect(pauses[0]).toBe(7);
    expect(pauses).toHaveLength(4);
  });

  test("may say so in a body with 200", async () => {
    const errors = [{ when: "has(body.busy)", code: "slow_down", means: "rate_limited" }];
    const { client, pauses } = start({ errors, intercept: second(() => json({ busy: true })) });
    expect((await listDevices(client)).devices).toHaveLength(7);
    expect(pauses).toHaveLength(1);
  });

  test("that stays busy ends the reading, and is not asked again at once", async () => {
    const { client, vendor } = start({ intercept: () => json({ error: "the-secret-key" }, 429) });
    const problem = await problemOf(listDevices(client));
    expect(problem).toMatchObject({ status: 429, code: "rate_limited", retryAfter: 60 });
    expect(problem.detail).not.toContain("the-secret-key");
    expect(vendor.calls).toHaveLength(7);
  });

  test("is not waited for longer than a minute", async () => {
    const { client, pauses } = start({ intercept: () => json({}, 503, { "retry-after": "900" }) });
    expect(await problemOf(listDevices(client))).toMatchObject({ code: "rate_limited", retryAfter: 900 });
    expect(pauses).toEqual([]);
  });

  test("whose connection breaks is called again; an address that may not be called is not", async () => {
    const failure = (code: string) =>
      new TypeError("fetch failed", { cause: Object.assign(new Error(code), { code }) });
    const failures = [failure("ECONNRESET"), failure("UND_ERR_SOCKET")];
    const { client } = start({
      intercept: () => {
        const next = failures.shift();
        if (next) throw next;
        return null;
      },
    });
    expect((await listDevices(client)).devices).toHaveLength(7);

    const refused = start({
      intercept: () => {
        throw failure("destination_refused");
      },
    });
    await expect(listDevices(refused.client)).rejects.toMatchObject({ code: "destination_refused" });
    const down = start({
      intercept: () => {
        throw failure("ENOTFOUND");
      },
    });
    expect(await problemOf(listDevices(down.client))).toMatchObject({ status: 502, code: "unreachable" });
  });
});

describe("a list that moves while it is read", () => {
  /** Removes the first row after the first page of each of the first readings, so that the next page misses a row. */
  const removing = (rows: object[], times: number): Intercept => {
    let left = times;
    return ({ url }) => {
      if (url.searchParams.get("page") !== "2" && url.searchParams.get("offset") !== "2") return null;
      if (left > 0) rows.shift();
      left -= 1;
      return null;
    };
  };

  test.each<[string, FakePaging]>([
    ["numbered pages", PAGES],
    ["an offset", { style: "offset", totals: "items" }],
    ["totals in headers", { style: "page", totals: "headers" }],
    ["a count of pages", { style: "page", totals: "pages" }],
    ["no totals", { style: "page", totals: "none" }],
    ["an offset without totals", { style: "offset", totals: "none" }],
  ])("is read again until its counts agree: %s", async (_, paging) => {
    const rows = [1, 2, 3, 4, 5, 6, 7].map((key) => row(key));
    const { client, pauses } = start({ rows, paging, intercept: removing(rows, 1) });
    const { devices, faults } = await listDevices(client);
    expect(idsOf(devices)).toEqual(["d2", "d3", "d4", "d5", "d6", "d7"]);
    expect(faults).toEqual([]);
    expect(pauses.length).toBeLessThan(3);
  });

  test("is read again if a row appears on two pages", async () => {
    const rows = [1, 2, 3, 4, 5].map((key) => row(key));
    let added = false;
    const { client } = start({
      rows,
      paging: PAGES,
      intercept: ({ url }) => {
        if (url.searchParams.get("page") === "2" && !added) added = Boolean(rows.unshift(row(0)));
        return null;
      },
    });
    const { devices, faults } = await listDevices(client);
    expect(idsOf(devices)).toEqual(["d0", "d1", "d2", "d3", "d4", "d5"]);
    expect(faults).toEqual([]);
  });

  test("is read again if its order changes, so that one row is on two pages and one on none", async () => {
    const rows = [1, 2, 3, 4].map((key) => row(key));
    let changed = false;
    const { client } = start({
      rows,
      paging: PAGES,
      intercept: ({ url }) => {
        if (url.searchParams.get("page") === "2" && !changed)
          changed = Boolean(rows.unshift(...rows.splice(2, 1)));
        return null;
      },
    });
    const { devices, faults } = await listDevices(client);
    expect(idsOf(devices).toSorted()).toEqual(["d1", "d2", "d3", "d4"]);
    expect(faults).toEqual([]);
  });

  test("is used with a fault of the page if its counts never agree, so that nothing is removed", async () => {
    const rows = Array.from({ length: 20 }, (_, key) => row(key + 1));
    const { client, pauses, vendor } = start({ rows, paging: PAGES, size: 5, intercept: removing(rows, 99) });
    const { devices, faults } = await listDevices(client);
    expect(pauses).toEqual([2, 4, 8, 8]);
    // What was read is used: its statuses are new.
    expect(devices.length).toBeGreaterThan(10);
    expect(devices[0]).toMatchObject({ device_id: "d5", status: "online" });
    expect(faults).toMatchObject([{ record: "page", pointer: "/snapshot/total_count", setAside: false }]);
    expect(vendor.calls.length).toBeGreaterThan(15);
    // A strict reader does not use it at all.
    await expect(all(client.devices())).rejects.toMatchObject({ code: "invalid_payload" });
  });
});

describe("records", () => {
  test("that cannot be used make the listing incomplete, and are reported with the line", async () => {
    const reported: object[] = [];
    const rows = [row(1), { label: "no key", state: "up" }, row(2)];
    const { client } = start({ rows }, { onFault: (fault) => reported.push(fault) });
    const { devices, faults } = await listDevices(client);
    expect(idsOf(devices)).toEqual(["d1", "d2"]);
    expect(faults).toMatchObject([{ record: "page", pointer: "/snapshot/total_count" }]);
    expect(reported).toMatchObject([{ record: "device", setAside: true, pointer: "/device_id" }]);
    expect(reported[0]).toHaveProperty("message", expect.stringMatching(/fake\.json:\d+/));
  });

  test("with the same id make the listing incomplete", async () => {
    const reported: object[] = [];
    const { client } = start(
      { rows: [row(1), row(1, "down")] },
      { onFault: (fault) => reported.push(fault) },
    );
    const { devices, faults } = await listDevices(client);
    expect(devices).toMatchObject([{ device_id: "d1", status: "offline" }]);
    expect(faults).toMatchObject([{ record: "page" }]);
    expect(reported).toMatchObject([{ record: "device", id: "d1", setAside: true }]);
  });

  test("may be derived from rows that name them many times", async () => {
    const sites = {
      from: "devices",
      distinct: true,
      fields: { site_id: "item.state", org_id: "'o'", name: "item.key" },
    };
    const { client, vendor } = start({ rows: [row(1), row(2, "down"), row(3)], sites });
    expect(await all(client.sites())).toEqual([
      { site_id: "up", org_id: "o", name: "d1" },
      { site_id: "down", org_id: "o", name: "d2" },
    ]);
    expect(vendor.calls).toHaveLength(2);
  });

  test("are read for each item of an outer listing, however deep", async () => {
    const listing = (items: FakeListing["items"]): FakeListing => ({
      paging: { style: "none" },
      envelope: "bare",
      items,
    });
    const vendor = createFakeVendor({
      "/accounts": listing(() => [{ key: "a" }, { key: "b/c" }]),
      "/accounts/{account}/sites": listing(({ account }) => [
        { key: `${account}-1` },
        { key: `${account}-2` },
      ]),
      "/accounts/{account}/sites/{site}/devices": listing(({ account, site }) => [row(`${account}/${site}`)]),
    });
    const requests = {
      accounts: { path: "/accounts", items: "body" },
      sites: { path: "/accounts/{account.key}/sites", items: "body", for_each: "accounts", as: "account" },
    };
    const devices = {
      path: "/accounts/{account.key}/sites/{site.key}/devices",
      items: "body",
      for_each: "sites",
      as: "site",
    };
    const { client } = connectFake(vendor, fakeProfile({ requests, devices }));
    const { devices: listed } = await listDevices(client);
    expect(idsOf(listed)).toEqual(["da/a-1", "da/a-2", "db/c/b/c-1", "db/c/b/c-2"]);
  });

  test("exclude what the profile leaves out and what was removed; unmapped words are counted", async () => {
    const words: object[] = [];
    const rows = [row(1), row(2, "sleeping"), { ...row(3), label: "skip" }];
    const { client } = start(
      { rows, source: { where: "item.label != 'skip'" } },
      { onUnmapped: (word) => words.push(word) },
    );
    expect((await listDevices(client)).devices).toMatchObject([
      { status: "online" },
      { status: "unknown", vendor_status: "sleeping" },
    ]);
    expect(words).toEqual([{ kind: "status", word: "sleeping" }]);
  });
});

describe("limits", () => {
  test.each<[string, string, NonNullable<ContractFetchOptions["limits"]>]>([
    ["the size of a response", "response_too_large", { maxResponseBytes: 50 }],
    ["the number of items", "listing_over_budget", { maxItems: 3 }],
    ["the number of requests", "listing_over_budget", { maxRequests: 2 }],
    ["the size of all responses", "listing_over_budget", { maxBytes: 200 }],
    ["the time", "listing_over_budget", { maxSeconds: 30 }],
  ])("end the reading: %s", async (_, code, limits) => {
    let time = 0;
    const { client } = start(
      {
        intercept: () => {
          time += 20_000;
          return null;
        },
      },
      { limits, now: () => time },
    );
    expect(await problemOf(listDevices(client))).toMatchObject({ status: 502, code });
  });

  test("a response that does not come in time", async () => {
    const intercept: Intercept = () => new Promise(() => {});
    const { client } = start({ intercept }, { limits: { timeoutSeconds: 0.01 } });
    expect(await problemOf(listDevices(client))).toMatchObject({ code: "timeout" });
  });

  test("an expression that does not end is stopped, and its line is named", async () => {
    const items = `'${"a".repeat(60)}!'.matches('^(a+)+$') ? [] : body.items`;
    const { client } = start({ devices: { items } });
    const stopped = await problemOf(listDevices(client));
    expect(stopped).toMatchObject({ status: 502, code: "expression_timeout" });
    expect(stopped.detail).toMatch(/fake\.json:\d+:\d+/);
    // It is not tried again at once.
    expect((await problemOf(listDevices(client))).code).toBe("expression_blocked");
  });
});

describe("a caller that stops waiting", () => {
  test("ends the reading, so that the next caller is not kept waiting by it", async () => {
    const stop = new AbortController();
    const { client } = start({
      intercept: (_, index) => {
        if (index !== 1) return null;
        stop.abort();
        // This response never comes.
        return new Promise(() => {});
      },
    });
    await expect(all(client.devices({}, { signal: stop.signal }))).rejects.toMatchObject({ code: "aborted" });
    expect(await all(client.devices())).toHaveLength(7);
  });

  test("does not end it for another", async () => {
    const stop = new AbortController();
    const { client } = start({
      intercept: (_, index) => {
        if (index === 1) stop.abort();
        return null;
      },
    });
    const stopped = all(client.devices({}, { signal: stop.signal }));
    const other = all(client.devices());
    await expect(stopped).rejects.toMatchObject({ code: "aborted" });
    expect(await other).toHaveLength(7);
  });
});

test("a Link header has its next target among others", () => {
  expect(nextLink('<https://a/1>; rel=prev, <https://a/3?x=1,2;3>; title="a, b"; rel="next last"')).toBe(
    "https://a/3?x=1,2;3",
  );
  expect(nextLink("</first>; rel=first")).toBeNull();
  expect(nextLink(undefined)).toBeNull();
});
