import type { Device, RemovedDevice } from "@convergint/schemas";
import { describe, expect, expectTypeOf, test } from "vitest";
import { ListingRules } from "./listing-rules.ts";
import type { ListingOptions } from "./listings.ts";
import type { ResponseLimits } from "./response-limits.ts";
import { all, failureOf } from "./testing/failure-of.ts";
import { type Answers, device, json, page, startVendor } from "./testing/vendor.ts";
import type { ListingFault } from "./tolerant-page.ts";
import { createVendorClient, type VendorClient } from "./vendor-client.ts";

const INVENTORY = { max_page_size: 500, incremental_sync: false, conditional_requests: false };

const client = (baseUrl: string, options = {}) =>
  createVendorClient({ baseUrl, credential: { apiKey: "key" }, timeoutSeconds: 2, ...options });

const idsFrom = async (baseUrl: string) =>
  (await all(client(baseUrl).devices({ site_id: "s", limit: 2 }))).map(({ device_id }) => device_id);

test("reads a listing page by page, with the filter and the key on each call", async () => {
  const seen: string[] = [];
  const base = await startVendor((request, response, url) => {
    seen.push(`${request.headers.authorization} ${url.search}`);
    const cursor = url.searchParams.get("cursor");
    json(response, cursor === null ? page(["a", "b"], "n") : page(["c"], null, { total_count: 3 }));
  });
  expect(await idsFrom(base)).toEqual(["a", "b", "c"]);
  expect(seen).toEqual([`Bearer key ?site_id=s&limit=2`, `Bearer key ?site_id=s&limit=2&cursor=n`]);
});

test("reads 20,000 devices unchanged, each once, and reports progress", async () => {
  const sent = Array.from({ length: 20_000 }, (_, i) => ({
    ...device(`device-${i}`),
    serial_number: `SN ${i}`,
  }));
  const base = await startVendor((_, response, url) => {
    const start = Number(url.searchParams.get("cursor") ?? 0);
    const end = start + Number(url.searchParams.get("limit"));
    json(response, {
      ...page([], end < sent.length ? String(end) : null, { total_count: sent.length }),
      data: sent.slice(start, end),
    });
  });
  const progress: unknown[] = [];
  const devices = client(base).devices({ limit: 500 }, { onProgress: (now) => progress.push(now) });
  expect(await all(devices)).toEqual(sent);
  expect(progress).toEqual(
    Array.from({ length: 40 }, (_, i) => ({ pages: i + 1, items: (i + 1) * 500, total: 20_000 })),
  );
});

test("continues after an empty page", async () => {
  const base = await startVendor((_, response, url) => {
    const cursor = url.searchParams.get("cursor");
    json(response, cursor === null ? page([], "n") : page(["a"], null));
  });
  expect(await idsFrom(base)).toEqual(["a"]);
});

test("returns the pages of devicePages unchanged, with the sync token of the last page", async () => {
  const base = await startVendor((_, response, url) => {
    const cursor = url.searchParams.get("cursor");
    json(response, cursor === null ? page(["a"], "n") : { ...page(["b"], null), sync_token: "t" });
  });
  const pages = await all(client(base).devicePages());
  expect(pages.map(({ data, sync_token }) => [data.length, sync_token])).toEqual([
    [1, undefined],
    [1, "t"],
  ]);
});

describe("rejects a listing", () => {
  test.each<[string, string, (page_: number) => unknown]>([
    ["that repeats a cursor", "repeated_cursor", (n) => page([`d${n}`], "always")],
    ["that goes round in a circle", "repeated_cursor", (n) => page([`d${n}`], `${n % 3}`)],
    ["that is endless and empty", "endless_listing", (n) => page([], `n${n}`)],
    [
      "that continues beyond its total_count",
      "count_mismatch",
      (n) => page([`d${n}`], `n${n}`, { total_count: 3 }),
    ],
    [
      "that has no end after all it promised",
      "endless_listing",
      (n) => page(n === 0 ? ["a"] : [], `n${n}`, { total_count: 1 }),
    ],
    [
      "that changes its snapshot",
      "snapshot_changed",
      (n) => page([`d${n}`], n === 0 ? "n" : null, { id: `s${n}` }),
    ],
    [
      "that changes its as_of",
      "snapshot_changed",
      (n) => page([`d${n}`], n === 0 ? "n" : null, { as_of: `2026-11-23T08:30:0${n}Z` }),
    ],
    ["that has a device twice", "duplicate_item", (n) => page(["a"], n === 0 ? "n" : null)],
    [
      "that has fewer items than its total_count",
      "count_mismatch",
      () => page(["a"], null, { total_count: 2 }),
    ],
    ["whose page is not a page", "invalid_payload", () => ({})],
    [
      "that leaves the end mark out",
      "invalid_payload",
      () => ({ ...page(["a"], null), next_cursor: undefined }),
    ],
    ["that is an error in a 200", "invalid_payload", () => ({ error: true, message: "try later" })],
  ])("%s", async (_, code, answer) => {
    let pages = 0;
    const base = await startVendor((__, response) => json(response, answer(pages++)));
    expect((await failureOf(() => idsFrom(base))).code).toBe(code);
    // The client gives up early, so a broken vendor cannot keep it busy for long.
    expect(pages).toBeLessThanOrEqual(1002);
  });
});

const event = (id: string, source = "urn:vendor") => ({
  specversion: "1.0",
  id,
  source,
  type: "com.convergint.device.heartbeat.v1",
  time: "2026-11-23T08:29:00Z",
  data: { org_id: "o", site_id: "s", device_id: "d" },
});

describe("stops a listing without end", () => {
  /** A vendor whose every page has a new item and a new cursor. @param pageMs how long each page takes */
  async function startEndless(limits: Partial<ResponseLimits>, pageMs = 1) {
    let [pages, elapsed] = [0, 0];
    const base = await startVendor(
      (_, response, url) => {
        pages += 1;
        elapsed += pageMs;
        const id = `${pages}`;
        const item = {
          "/v1/orgs": { org_id: id, name: id },
          "/v1/sites": { site_id: id, org_id: "o", name: id },
          "/v1/events": event(id),
          "/v1/devices": device(id),
        }[url.pathname];
        json(response, { ...page([], `n${pages}`), data: [item] });
      },
      () => ({
        inventory: { max_page_size: 500, incremental_sync: true, conditional_requests: true },
        backfill: { depth_hours: 72 },
      }),
    );
    const clock = { now: () => elapsed, pause: (ms: number) => (elapsed += ms) };
    return { vendor: client(base, { limits, now: clock.now }), pages: () => pages, clock };
  }

  test.each<[keyof ResponseLimits, number]>([
    ["maxListingSeconds", 5],
    ["maxListingPages", 5],
    ["maxListingItems", 5],
    ["maxListingBytes", 5 * JSON.stringify({ ...page(["1"], "n1") }).length],
  ])("by %s", async (limit, max) => {
    const { vendor, pages } = await startEndless({ [limit]: max }, 1000);
    const error = await failureOf(() => all(vendor.devices()));
    expect(error).toMatchObject({ code: "listing_over_budget", details: { limit } });
    expect(error.message).toContain(`limits.${limit}`);
    expect(pages()).toBe(5);
  });

  test.each<[string, (vendor: VendorClient) => AsyncIterable<unknown>]>([
    ["orgs", (vendor) => vendor.orgs()],
    ["sites", (vendor) => vendor.sites()],
    ["devices", (vendor) => vendor.devicePages()],
    ["changes of devices", (vendor) => vendor.deviceChangePages({ since: "t" })],
    ["events", (vendor) => vendor.eventPages()],
    [
      "a conditional listing",
      async function* (vendor) {
        const listing = await vendor.deviceListing();
        if (!listing.unchanged) yield* listing.pages;
      },
    ],
  ])("of %s", async (_, list) => {
    const { vendor, pages } = await startEndless({ maxListingPages: 3 });
    expect((await failureOf(() => all(list(vendor)))).code).toBe("listing_over_budget");
    expect(pages()).toBe(3);
  });

  test("but not because the caller pauses between pages", async () => {
    const { vendor, pages, clock } = await startEndless({ maxListingSeconds: 5 });
    for await (const _ of vendor.devicePages()) {
      clock.pause(60_000);
      if (pages() === 10) break;
    }
    expect(pages()).toBe(10);
  });

  test("but not a listing that ends within its budget", async () => {
    const base = await startVendor((_, response, url) => {
      const number = Number(url.searchParams.get("cursor") ?? 1);
      json(response, page([`d${number}`], number < 3 ? `${number + 1}` : null));
    });
    const limits = { maxListingPages: 3, maxListingItems: 3 };
    expect(await all(client(base, { limits }).devices())).toHaveLength(3);
  });
});

test("waits for beforePage before each page, and does not count that time", async () => {
  let [elapsed, turns] = [0, 0];
  const base = await startVendor((_, response, url) =>
    json(response, url.searchParams.has("cursor") ? page(["b"], null) : page(["a"], "n")),
  );
  const vendor = client(base, {
    limits: { maxListingSeconds: 5 },
    now: () => elapsed,
    async beforePage() {
      turns += 1;
      elapsed += 60_000;
    },
  });
  expect(await all(vendor.devices())).toHaveLength(2);
  expect(turns).toBe(2);
});

describe("orgs and sites", () => {
  test("follow the same rules", async () => {
    const asked: string[] = [];
    const base = await startVendor((_, response, url) => {
      asked.push(`${url.pathname}${url.search}`);
      const data =
        url.pathname === "/v1/orgs"
          ? [{ org_id: "o", name: "O" }]
          : [{ site_id: "s", org_id: "o", name: "S" }];
      json(response, { ...page([], null, { total_count: 1 }), data });
    });
    expect((await all(client(base).orgs())).map(({ name }) => name)).toEqual(["O"]);
    expect((await all(client(base).sites({ org_id: "o" }))).map(({ name }) => name)).toEqual(["S"]);
    expect(asked).toEqual(["/v1/orgs", "/v1/sites?org_id=o"]);
  });
});

describe("a listing of one system", () => {
  const filter = { site_id: "s", system_id: "vms-1" };
  const listings = (base: string) => {
    const vendor = client(base);
    return [
      () => all(vendor.devices(filter)),
      () => all(vendor.devicePages(filter)),
      () => vendor.deviceListing(filter),
      () => all(vendor.deviceChanges({ ...filter, since: "t1" })),
    ];
  };
  const offering = (inventory: object) => () => ({
    inventory: { max_page_size: 500, incremental_sync: true, conditional_requests: false, ...inventory },
  });

  test("sends the filter with every page", async () => {
    const asked: string[] = [];
    const base = await startVendor(
      (_, response, url) => {
        asked.push(url.search);
        json(response, url.searchParams.has("cursor") ? page([], null) : page(["a"], "n"));
      },
      offering({ system_filter: true }),
    );
    await all(client(base).devices(filter));
    expect(asked).toEqual(["?site_id=s&system_id=vms-1", "?site_id=s&system_id=vms-1&cursor=n"]);
  });

  test.each([{}, { system_filter: false }, { system_filter: null }])(
    "is not requested from a vendor that declares %j",
    async (inventory) => {
      const asked: string[] = [];
      const base = await startVendor((_, response, url) => {
        asked.push(url.search);
        json(response, page(["of another system"], null));
      }, offering(inventory));
      for (const list of listings(base)) expect((await failureOf(list)).code).toBe("not_offered");
      expect(asked).toEqual([]);
    },
  );
});

describe("a conditional listing", () => {
  const offering = (conditional_requests: boolean) => () => ({
    inventory: { max_page_size: 500, incremental_sync: false, conditional_requests },
  });
  const tagged: Answers = ({ headers }, response, url) => {
    if (headers["if-none-match"] === '"one"') response.writeHead(304).end();
    else if (url.searchParams.has("cursor")) json(response, page(["b"], null));
    else json(response, page(["a"], "n"), 200, { etag: '"one"' });
  };

  test("returns the etag and all pages, and then that nothing has changed", async () => {
    const asked: string[] = [];
    const counted: Answers = (request, response, url) => {
      asked.push(url.search);
      return tagged(request, response, url);
    };
    const vendor = client(await startVendor(counted, offering(true)));
    const first = await vendor.deviceListing();
    if (first.unchanged) expect.fail("It was asked for without a condition.");
    expect(first.etag).toBe('"one"');
    expect((await all(first.pages)).map(({ data }) => data[0]?.device_id)).toEqual(["a", "b"]);
    expect(asked).toEqual(["", "?cursor=n"]);
    expect(await vendor.deviceListing({}, { etag: first.etag })).toEqual({ unchanged: true });
    expect(await vendor.deviceListing({}, { etag: '"another"' })).toMatchObject({ unchanged: false });
  });

  test("makes an unconditional call if the manifest does not declare the capability", async () => {
    const vendor = client(await startVendor(tagged, offering(false)));
    expect(await vendor.deviceListing({}, { etag: '"one"' })).toMatchObject({ unchanged: false });
  });

  test("rejects a 304 response to an unconditional call", async () => {
    const vendor = client(await startVendor((_, response) => response.writeHead(304).end(), offering(true)));
    expect((await failureOf(() => vendor.deviceListing())).code).toBe("refused");
    expect((await failureOf(() => all(vendor.devices()))).code).toBe("refused");
  });

  test("follows the rules of pagination", async () => {
    const base = await startVendor((_, response) => json(response, page(["a"], "n")), offering(true));
    const listing = await client(base).deviceListing({}, { etag: '"one"' });
    if (listing.unchanged) expect.fail("It has changed.");
    expect((await failureOf(() => all(listing.pages))).code).toBe("duplicate_item");
  });
});

describe("a listing of changes", () => {
  const tombstone = {
    device_id: "gone",
    org_id: "o",
    site_id: "s",
    lifecycle: "removed",
    removed_at: "2026-11-22T16:05:00Z",
  };
  const syncing = () => ({
    inventory: { max_page_size: 500, incremental_sync: true, conditional_requests: false },
  });
  /** Serves two changes on two pages, in this order. */
  const changing = async (first: object, second: object) => {
    const asked: string[] = [];
    const base = await startVendor((_, response, url) => {
      asked.push(url.search);
      const last = url.searchParams.has("cursor");
      const sync_token = last ? "t2" : undefined;
      json(response, { ...page([], last ? null : "n"), data: [last ? second : first], sync_token });
    }, syncing);
    return { asked, vendor: client(base) };
  };

  test("has tombstones, the filter on each call, and the next token", async () => {
    const { asked, vendor } = await changing(device("a"), tombstone);
    const changes = await all(vendor.deviceChanges({ site_id: "s", since: "t1" }));
    expectTypeOf(changes).toEqualTypeOf<(Device | RemovedDevice)[]>();
    expect(changes).toEqual([device("a"), tombstone]);
    expect(asked).toEqual(["?site_id=s&since=t1", "?site_id=s&since=t1&cursor=n"]);
    const pages = await all(vendor.deviceChangePages({ since: "t1" }));
    expect(pages.map(({ sync_token }) => sync_token)).toEqual([undefined, "t2"]);
  });

  test("has each device once, removed or not", async () => {
    const { vendor } = await changing(device("gone"), tombstone);
    const error = await failureOf(() => all(vendor.deviceChanges({ since: "t1" })));
    expect(error.code).toBe("duplicate_item");
  });

  test("reports the invalid field of a tombstone", async () => {
    const { vendor } = await changing(device("a"), { ...tombstone, removed_at: "yesterday" });
    const error = await failureOf(() => all(vendor.deviceChanges({ since: "t1" })));
    expect(error.details.fields).toMatchObject([{ pointer: "/data/0/removed_at" }]);
  });

  test("makes no call if the manifest does not declare the capability", async () => {
    const asked: string[] = [];
    const base = await startVendor((_, response, url) => {
      asked.push(url.pathname);
      json(response, page(["a"], null));
    });
    expect((await failureOf(() => all(client(base).deviceChanges({ since: "t1" })))).code).toBe(
      "not_offered",
    );
    expect((await failureOf(() => all(client(base).events()))).code).toBe("not_offered");
    expect(asked).toEqual([]);
  });

  test("reports an expired token by its problem", async () => {
    const problem = { title: "Sync token expired", status: 410, code: "sync_token_expired" };
    const base = await startVendor((_, response) => json(response, problem, 410), syncing);
    const error = await failureOf(() => all(client(base).deviceChanges({ since: "t1" })));
    expect([error.code, error.details.problem?.code]).toEqual(["refused", "sync_token_expired"]);
  });
});

describe("published events", () => {
  const backfilling = async (...pages: (readonly object[])[]) => {
    const asked: string[] = [];
    const base = await startVendor(
      (_, response, url) => {
        asked.push(`${url.pathname}${url.search}`);
        const n = Number(url.searchParams.get("cursor") ?? 0);
        json(response, { ...page([], n + 1 < pages.length ? String(n + 1) : null), data: pages[n] });
      },
      () => ({ backfill: { depth_hours: 72 } }),
    );
    return { asked, vendor: client(base) };
  };

  test("are in their order, from the requested moment", async () => {
    const { asked, vendor } = await backfilling([event("b"), event("a")], [event("c")]);
    const events = await all(vendor.events({ org_id: "o", after: "2026-11-23T08:00:00Z" }));
    expect(events.map(({ id }) => id)).toEqual(["b", "a", "c"]);
    expect(asked[0]).toBe("/v1/events?org_id=o&after=2026-11-23T08%3A00%3A00Z");
    expect(asked[1]).toBe("/v1/events?org_id=o&after=2026-11-23T08%3A00%3A00Z&cursor=1");
    const pages = await all(vendor.eventPages({ limit: 2 }));
    expect(pages.map(({ snapshot }) => snapshot.as_of)).toEqual([
      "2026-11-23T08:30:00Z",
      "2026-11-23T08:30:00Z",
    ]);
  });

  test("are duplicates only if their source is the same too", async () => {
    const { vendor } = await backfilling([event("a"), event("a", "urn:another")]);
    expect(await all(vendor.events())).toHaveLength(2);
    const twice = await backfilling([event("a")], [event("a")]);
    expect((await failureOf(() => all(twice.vendor.events()))).code).toBe("duplicate_item");
  });
});

const pageOf = (data: readonly string[], next_cursor: string | null) => ({
  data: [...data],
  next_cursor,
  snapshot: { id: "snap", as_of: "2026-11-23T08:30:00Z" },
});

test("accepts any number of empty pages with items in between", () => {
  const rules = new ListingRules<string>("things", (id) => id);
  for (let n = 0; n < 5000; n += 1) rules.take(pageOf(n % 1000 === 0 ? [`${n}`] : [], `n${n}`));
  expect(rules.take(pageOf([], null))).toEqual({ pages: 5001, items: 5, total: null });
});

test("the last page never exceeds the limit of empty pages", () => {
  const rules = new ListingRules<string>("things", (id) => id);
  for (let n = 0; n < 1000; n += 1) rules.take(pageOf([], `n${n}`));
  expect(rules.take(pageOf([], null))).toEqual({ pages: 1001, items: 0, total: null });
});

describe("a tolerant listing", () => {
  const place = { org_id: "o", site_id: "s" };
  const one = (data: readonly unknown[], more: object = {}) => ({ ...page([], null), data, ...more });
  /** Lists from a vendor that answers every call with one page. */
  async function listTolerantly(
    list: (vendor: VendorClient, options: ListingOptions) => AsyncIterable<unknown>,
    answer: unknown,
    options: object = {},
  ) {
    const faults: ListingFault[] = [];
    const declared = { backfill: { depth_hours: 72 }, inventory: { ...INVENTORY, incremental_sync: true } };
    const base = await startVendor(
      (_, response) => json(response, answer),
      () => declared,
    );
    const items = await all(list(client(base, options), { onFault: (fault) => faults.push(fault) }));
    return { items, faults };
  }

  test.each<
    [string, (vendor: VendorClient, options: ListingOptions) => AsyncIterable<unknown>, object, string]
  >([
    [
      "orgs",
      (vendor, options) => vendor.orgs(options),
      { org_id: "o", name: "O", updated_at: 7 },
      "/updated_at",
    ],
    [
      "sites",
      (vendor, options) => vendor.sites({}, options),
      { ...place, name: "S", timezone: "CST 6" },
      "/timezone",
    ],
    [
      "devices",
      (vendor, options) => vendor.devices({}, options),
      { ...device("a"), hostname: 7 },
      "/hostname",
    ],
    [
      "changed devices",
      (vendor, options) => vendor.deviceChanges({ since: "t" }, options),
      { ...device("a"), hostname: 7 },
      "/hostname",
    ],
    [
      "events",
      (vendor, options) => vendor.events({}, options),
      {
        specversion: "1.0",
        id: "e",
        source: "urn:v",
        type: "com.vendor.x.v1",
        time: "2026-11-23T08:30:00Z",
        sequence: 7,
        data: place,
      },
      "/sequence",
    ],
  ])("of %s reports an invalid optional member and keeps the record", async (_, list, item, pointer) => {
    const { [pointer.slice(1)]: value, ...valid } = item as Record<string, unknown>;
    const { items, faults } = await listTolerantly(list, one([item, { name: "keyless" }]));
    expect(items).toEqual([valid]);
    const [first, second] = faults;
    expect(first).toMatchObject({ pointer, value: JSON.stringify(value), setAside: false });
    expect(first?.id).toEqual(expect.stringMatching(/^[osae]$/));
    expect(first?.requirement).toEqual(expect.stringMatching(/^[A-Z]+-\d+$/));
    expect(second).toMatchObject({ id: null, setAside: true });
    expect(faults).toHaveLength(2);
    await expect(
      startVendor(
        (__, response) => json(response, one([item])),
        () => ({
          backfill: { depth_hours: 72 },
          inventory: { ...INVENTORY, incremental_sync: true },
        }),
      ).then((base) => all(list(client(base), {}))),
    ).rejects.toMatchObject({ code: "invalid_payload" });
  });

  test("gives a record without valid name and type the id and other", async () => {
    const { items } = await listTolerantly(
      (vendor, options) => vendor.devices({}, options),
      one([{ ...place, device_id: "a", name: "x".repeat(600) }]),
    );
    expect(items).toEqual([{ ...place, device_id: "a", name: "a", type: "other" }]);
  });

  test("does not turn a tombstone with an unknown lifecycle into a device", async () => {
    const data = ["deleted", "REMOVED", 7].map((lifecycle, n) => ({
      ...place,
      device_id: `d${n}`,
      lifecycle,
    }));
    const list = (vendor: VendorClient, options: ListingOptions) =>
      vendor.deviceChanges({ since: "t" }, options);
    const { items, faults } = await listTolerantly(list, one(data));
    // The number says nothing; the words may mean that the device was removed.
    expect(items).toEqual([{ ...place, device_id: "d2", name: "d2", type: "other" }]);
    expect(faults.filter(({ setAside }) => setAside).map(({ id }) => id)).toEqual(["d0", "d1"]);
  });

  test("counts records that were set aside, and still requires the count to be right", async () => {
    const data = [device("a"), { ...device("b"), site_id: "" }];
    const list = (vendor: VendorClient, options: ListingOptions) => vendor.devices({}, options);
    const snapshot = (total_count: unknown) => ({
      snapshot: { id: "snap", as_of: "2026-11-23T08:30:00Z", total_count },
    });
    const { items, faults } = await listTolerantly(list, one(data, snapshot(2)));
    expect(items).toHaveLength(1);
    expect(faults).toMatchObject([{ id: "b", pointer: "/site_id", setAside: true, requirement: "INV-001" }]);
    const { code } = await failureOf(() => listTolerantly(list, one(data, snapshot(3))));
    expect(code).toBe("count_mismatch");
    const unknown = await listTolerantly(list, one(data, snapshot("two")));
    expect(unknown.faults).toContainEqual(
      expect.objectContaining({ record: "page", pointer: "/snapshot/total_count" }),
    );
    expect((await failureOf(() => listTolerantly(list, one(data, { next_cursor: 7 })))).code).toBe(
      "invalid_payload",
    );
  });

  test("keeps a device without a member that is nested too deeply to be stored", async () => {
    const sent = JSON.stringify(one([{ ...device("a"), attributes: 7, "b/c": "DEEP" }, "DEEP", device("b")]));
    const text = sent.replaceAll('"DEEP"', `${"[".repeat(20_000)}${"]".repeat(20_000)}`);
    const faults: ListingFault[] = [];
    const base = await startVendor((_, response) =>
      response.writeHead(200, { "content-type": "application/json" }).end(text),
    );
    const items = await all(client(base).devices({}, { onFault: (fault) => faults.push(fault) }));
    expect(items).toEqual([device("a"), device("b")]);
    expect(faults.map(({ id, pointer, setAside }) => [id, pointer, setAside])).toEqual([
      ["a", "/b~1c", false],
      ["a", "/attributes", false],
      [null, "", true],
    ]);
  });

  test("keeps a device without the member that makes it too large", async () => {
    const attributes = { a: "x".repeat(300_000) };
    const { items, faults } = await listTolerantly(
      (vendor, options) => vendor.devices({}, options),
      one([{ ...device("a"), attributes, status: "offline" }, device("b")]),
    );
    expect(items).toEqual([{ ...device("a"), status: "offline" }, device("b")]);
    expect(faults).toMatchObject([{ id: "a", pointer: "/attributes", setAside: false }]);
    expect(JSON.stringify(faults).length).toBeLessThan(600);
  });

  test("shows neither the credential nor control characters nor a long value", async () => {
    const apiKey = 'key-with-"quotes"';
    const { faults } = await listTolerantly(
      (vendor, options) => vendor.devices({}, options),
      one([{ ...device(`a\u001b[2K${apiKey}`), hostname: `\u001b[31m${apiKey}${"x".repeat(5000)}` }]),
      { credential: { apiKey } },
    );
    expect(JSON.stringify(faults)).not.toContain("quotes");
    expect(JSON.stringify(faults).length).toBeLessThan(500);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these characters must not be there
    for (const { id, value } of faults) expect(`${id}${value}`).not.toMatch(/[\u0000-\u001f]/);
    expect(faults[0]?.value).toContain("[redacted]");
  });

  test("lets other work run while a page with many invalid values is read", async () => {
    const bad = (n: number) => ({ ...device(`d${n}`), mac_addresses: Array.from({ length: 3000 }, () => 7) });
    let turns = 0;
    const timer = setInterval(() => {
      turns += 1;
    }, 1);
    const { items } = await listTolerantly(
      (vendor, options) => vendor.devices({}, options),
      one(Array.from({ length: 8 }, (_, n) => bad(n))),
    );
    clearInterval(timer);
    expect(items).toHaveLength(8);
    expect(turns).toBeGreaterThan(1);
  });
});
