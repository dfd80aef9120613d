import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

type Json = Readonly<Record<string, unknown>>;

/** What the file of a vendor in `profiles/shipped/fixtures` holds. */
export interface VendorFixture {
  readonly about: string;
  readonly credential: { readonly kind: "api_key"; readonly api_key: string };
  readonly settings: Readonly<Record<string, string>>;
  /** Bodies by name: `REQUEST` or `REQUEST.TAG` of a listing, `webhook.TAG` of a delivery. */
  readonly samples: Readonly<Record<string, unknown>>;
  /** What each delivery carries in addition to its body. An independent program computed the signatures. */
  readonly deliveries: Readonly<Record<string, VendorDelivery>>;
  readonly expected: {
    readonly orgs: readonly Json[];
    readonly sites: readonly Json[];
    readonly devices: readonly Json[];
    /** Events by the name of the delivery. */
    readonly events: Readonly<Record<string, readonly Json[]>>;
  };
}

/** A delivery's secret, time of receipt and headers. */
export interface VendorDelivery {
  readonly secret: string;
  readonly received_at: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** The vendors with fixtures, and a fake cloud for each. */
export const FAKE_CLOUDS = [
  "convergint-page",
  "eagle-eye",
  "juniper-mist",
  "kisi",
  "meraki",
  "rhombus",
  "samsara",
  "verkada",
] as const;
export type FakeCloudName = (typeof FAKE_CLOUDS)[number];

const FIXTURES = new URL("../../profiles/shipped/fixtures/", import.meta.url);

/** Reads the fixture of a vendor. */
export function readVendorFixture(name: string): VendorFixture {
  return JSON.parse(readFileSync(new URL(`${name}.json`, FIXTURES), "utf8"));
}

/** The bytes of a delivery, as the vendor signed them. */
export const deliveryBody = (fixture: VendorFixture, name: string): string =>
  JSON.stringify(fixture.samples[name]);

interface Listing {
  readonly items: readonly unknown[];
  /** The vendor's envelope with other items in it. */
  readonly around: (items: readonly unknown[], more?: Json) => unknown;
}

interface Call {
  readonly url: URL;
  readonly listing: Listing;
  /** The page size that the vendor grants. */
  readonly size: (asked: string | null) => number;
}

interface Answer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: unknown;
}

type Paging = (call: Call) => Answer;

const whole: Paging = ({ listing }) => ({ body: listing.around(listing.items) });

/** `Link: rel=next`, whose address carries an opaque position. */
const byLink: Paging = ({ url, listing, size }) => {
  const from = Number(url.searchParams.get("startingAfter") ?? 0);
  const to = from + size(url.searchParams.get("perPage"));
  const links = [`<${url.origin}${url.pathname}?perPage=3>; rel=first`];
  if (to < listing.items.length) {
    const next = new URL(url);
    next.searchParams.set("startingAfter", String(to));
    links.push(`<${next}>; rel=next`);
  }
  return { headers: { link: links.join(", ") }, body: listing.around(listing.items.slice(from, to)) };
};

/** `page` and a size, with totals in the body or in headers. */
const byPage =
  (sizeName: string, totals: "body" | "headers"): Paging =>
  ({ url, listing, size }) => {
    const page = Number(url.searchParams.get("page") ?? 1);
    const perPage = size(url.searchParams.get(sizeName));
    const total = listing.items.length;
    const items = listing.items.slice((page - 1) * perPage, page * perPage);
    if (totals === "headers") {
      const headers = {
        "x-page-page": String(page),
        "x-page-limit": String(perPage),
        "x-page-total": String(total),
      };
      return { headers, body: listing.around(items) };
    }
    const pagination = {
      page,
      per_page: perPage,
      total_pages: Math.ceil(total / perPage),
      total_count: total,
    };
    return { body: listing.around(items, { pagination }) };
  };

/** An opaque cursor in the body; on the last page it is `end`. */
const byCursor =
  (names: { readonly next: string; readonly sent: string; readonly size: string }, end: unknown): Paging =>
  ({ url, listing, size }) => {
    const from = Number((url.searchParams.get(names.sent) ?? "at-0").slice(3));
    const to = from + size(url.searchParams.get(names.size));
    const next = to < listing.items.length ? `at-${to}` : end;
    return { body: listing.around(listing.items.slice(from, to), { [names.next]: next }) };
  };

/** `limit` and `offset`, with `X-Collection-Range: start-end/total`. */
const byOffset: Paging = ({ url, listing, size }) => {
  const from = Number(url.searchParams.get("offset") ?? 0);
  const to = from + size(url.searchParams.get("limit"));
  const headers = { "x-collection-range": `${from}-${to - 1}/${listing.items.length}` };
  return { headers, body: listing.around(listing.items.slice(from, to)) };
};

/** `endCursor` in the body, which is there on the last page too: only `hasNextPage` ends the listing. */
const byEndCursor: Paging = ({ url, listing, size }) => {
  const from = Number((url.searchParams.get("after") ?? "at-0").slice(3));
  const to = from + size(null);
  const pagination = { endCursor: `at-${to}`, hasNextPage: to < listing.items.length };
  return { body: listing.around(listing.items.slice(from, to), { pagination }) };
};

interface Route {
  readonly path: RegExp;
  /** The sample with the listing; `$1` is the first group of the path, `?name` a query parameter. */
  readonly sample: string;
  /** The member of the body with the items; `null` if the body is the list, or one object. */
  readonly items?: string | null;
  readonly method?: string;
  readonly paging?: Paging;
  readonly query?: Readonly<Record<string, string>>;
}

interface Cloud {
  readonly base: string;
  readonly routes: readonly Route[];
  readonly accepts: (
    headers: Headers,
    key: string,
    tokens: ReadonlyMap<string, number>,
    now: number,
  ) => boolean;
  /** The path that exchanges the key for a token. */
  readonly login?: string;
  readonly failure: Answer;
}

const bearer: Cloud["accepts"] = (headers, key) => headers.get("authorization") === `Bearer ${key}`;
const SERVER_ERROR: Answer = { status: 500, body: { message: "internal error" } };
const mist = byPage("limit", "headers");
const page = byPage("per_page", "body");
const een = byCursor({ next: "nextPageToken", sent: "pageToken", size: "pageSize" }, "");
const eenQuery = { include: "status,deviceInfo,firmware,networkInfo" };

const CLOUDS: Readonly<Record<FakeCloudName, Cloud>> = {
  "convergint-page": {
    base: "",
    accepts: bearer,
    failure: SERVER_ERROR,
    routes: [
      { path: /^\/api\/v1\/account$/, sample: "account", items: null },
      { path: /^\/api\/v1\/account\/sites$/, sample: "sites", items: "sites", paging: page },
      {
        path: /^\/api\/v1\/sites\/([^/]+)\/inventory$/,
        sample: "devices.$1",
        items: "devices",
        paging: page,
      },
    ],
  },
  meraki: {
    base: "/api/v1",
    accepts: bearer,
    failure: { status: 429, headers: { "retry-after": "1" }, body: { errors: ["API rate limit exceeded"] } },
    routes: [
      { path: /^\/organizations\/784512$/, sample: "orgs", items: null },
      { path: /^\/organizations\/784512\/networks$/, sample: "networks", items: null, paging: byLink },
      { path: /^\/organizations\/784512\/devices$/, sample: "devices", items: null, paging: byLink },
      {
        path: /^\/organizations\/784512\/devices\/statuses$/,
        sample: "statuses",
        items: null,
        paging: byLink,
      },
    ],
  },
  verkada: {
    base: "",
    login: "/token",
    accepts: (headers, _key, tokens, now) =>
      (tokens.get(headers.get("x-verkada-auth") ?? "") ?? Number.NEGATIVE_INFINITY) > now,
    failure: { status: 503, body: { message: "Service Unavailable" } },
    routes: [
      {
        path: /^\/cameras\/v1\/devices$/,
        sample: "cameras",
        items: "cameras",
        paging: byCursor({ next: "next_page_token", sent: "page_token", size: "page_size" }, null),
      },
      { path: /^\/access\/v1\/doors$/, sample: "doors", items: "doors" },
      { path: /^\/alarms\/v1\/sites$/, sample: "alarm_sites", items: "sites" },
      { path: /^\/alarms\/v1\/devices$/, sample: "alarm_devices.?site_id", items: "devices" },
      { path: /^\/viewing_station\/v1\/devices$/, sample: "viewing_stations", items: "devices" },
    ],
  },
  "eagle-eye": {
    base: "/api/v3.0",
    accepts: bearer,
    failure: { status: 500, body: { code: 500, status: "internal", detail: "internal error" } },
    routes: [
      { path: /^\/locations$/, sample: "locations", items: "results", paging: een },
      { path: /^\/bridges$/, sample: "bridges", items: "results", paging: een, query: eenQuery },
      { path: /^\/cameras$/, sample: "cameras", items: "results", paging: een, query: eenQuery },
      { path: /^\/speakers$/, sample: "speakers", items: "results", paging: een, query: eenQuery },
    ],
  },
  kisi: {
    base: "",
    accepts: (headers, key) => headers.get("authorization") === `KISI-LOGIN ${key}`,
    failure: SERVER_ERROR,
    routes: [
      { path: /^\/places$/, sample: "places", items: null, paging: byOffset },
      { path: /^\/locks$/, sample: "locks", items: null, paging: byOffset },
      { path: /^\/controllers$/, sample: "controllers", items: null, paging: byOffset },
    ],
  },
  samsara: {
    base: "",
    accepts: bearer,
    failure: { status: 429, headers: { "retry-after": "1" }, body: { message: "Too many requests" } },
    routes: [
      { path: /^\/me$/, sample: "org", items: null },
      { path: /^\/gateways$/, sample: "gateways", items: "data", paging: byEndCursor },
    ],
  },
  "juniper-mist": {
    base: "",
    accepts: (headers, key) => headers.get("authorization") === `Token ${key}`,
    failure: SERVER_ERROR,
    routes: [
      { path: /^\/api\/v1\/orgs\/([^/]+)$/, sample: "org", items: null },
      { path: /^\/api\/v1\/orgs\/([^/]+)\/sites$/, sample: "sites", items: null, paging: mist },
      {
        path: /^\/api\/v1\/orgs\/([^/]+)\/stats\/devices$/,
        sample: "devices",
        items: null,
        paging: mist,
        query: { type: "all" },
      },
    ],
  },
  rhombus: {
    base: "",
    accepts: (headers, key) =>
      headers.get("x-auth-apikey") === key && headers.get("x-auth-scheme") === "api-token",
    // A reader that overlooks `error` sees an empty listing.
    failure: {
      body: { cameraStates: [], doorStates: [], error: true, errorMsg: "Too busy", warningMsg: null },
    },
    routes: [
      { method: "POST", path: /^\/api\/org\/getOrgV2$/, sample: "org", items: null },
      { method: "POST", path: /^\/api\/location\/getLocationsV2$/, sample: "locations", items: "locations" },
      {
        method: "POST",
        path: /^\/api\/camera\/getMinimalCameraStateList$/,
        sample: "cameras",
        items: "cameraStates",
      },
      {
        method: "POST",
        path: /^\/api\/door\/getMinimalDoorStateList$/,
        sample: "doors",
        items: "doorStates",
      },
      {
        method: "POST",
        path: /^\/api\/badgereader\/getMinimalStateList$/,
        sample: "badge_readers",
        items: "minimalStates",
      },
      {
        method: "POST",
        path: /^\/api\/audiogateway\/getMinimalAudioGatewayStateList$/,
        sample: "audio_gateways",
        items: "audioGatewayStates",
      },
    ],
  },
};

function listingOf(sample: unknown, items: string | null): Listing {
  if (Array.isArray(sample)) return { items: sample, around: (some) => some };
  if (items === null) return { items: [sample], around: () => sample };
  const envelope = sample as Json;
  return {
    items: envelope[items] as readonly unknown[],
    around: (some, more = {}) => ({ ...envelope, ...more, [items]: some }),
  };
}

/** A vendor's cloud in memory, in the shape of the vendor, with the data of its fixture. */
export interface FakeCloud {
  readonly fixture: VendorFixture;
  /** The path of the vendor's API below its host. */
  readonly basePath: string;
  /** The samples; a test may replace one at any time. */
  readonly samples: Map<string, unknown>;
  /** The paths whose calls fail in the way of this vendor. */
  failing: RegExp | null;
  /** Each request, as method, path and query. */
  readonly calls: string[];
  /** Answers a request, as `fetch` does. */
  readonly fetch: (input: string | URL | Request, init?: RequestInit) => Promise<Response>;
}

/**
 * Creates a vendor's cloud.
 *
 * @param maxPageSize the page size that the vendor grants, however large a page is requested
 * @param now the vendor's clock, in milliseconds
 */
export function createFakeCloud(
  name: FakeCloudName,
  { maxPageSize = 1, now = () => Date.now() }: { maxPageSize?: number; now?: () => number } = {},
): FakeCloud {
  const cloud = CLOUDS[name];
  const fixture = readVendorFixture(name);
  const samples = new Map(Object.entries(fixture.samples));
  const { api_key: key } = fixture.credential;
  const tokens = new Map<string, number>();
  const size = (asked: string | null) => Math.min(Number(asked ?? maxPageSize), maxPageSize);

  function answer(request: Request, url: URL): Answer {
    const path = url.pathname.slice(cloud.base.length);
    if (cloud.login !== undefined && path === cloud.login) {
      if (request.headers.get("x-api-key") !== key) return { status: 401, body: { message: "Invalid key" } };
      const token = `token-${tokens.size + 1}`;
      tokens.set(token, now() + 30 * 60_000);
      return { body: { token } };
    }
    if (!cloud.accepts(request.headers, key, tokens, now())) {
      return { status: 401, body: { message: "Unauthorized" } };
    }
    if (fake.failing?.test(path)) return cloud.failure;
    for (const {
      method = "GET",
      path: pattern,
      sample,
      items = null,
      paging = whole,
      query,
    } of cloud.routes) {
      const match = pattern.exec(path);
      if (match === null || request.method !== method) continue;
      const missing = Object.entries(query ?? {}).find(([key, value]) => url.searchParams.get(key) !== value);
      if (missing) return { status: 400, body: { message: `${missing[0]} is missing` } };
      const found = samples.get(
        sample.replace("$1", match[1] ?? "").replace(/\?(\w+)/, (_, key) => url.searchParams.get(key) ?? ""),
      );
      if (found === undefined) break;
      return paging({ url, listing: listingOf(found, items), size });
    }
    return { status: 404, body: { message: "Not found" } };
  }

  const fake: FakeCloud = {
    fixture,
    basePath: cloud.base,
    samples,
    failing: null,
    calls: [],
    async fetch(input, init) {
      const request = new Request(input, init);
      const url = new URL(request.url);
      fake.calls.push(`${request.method} ${url.pathname}${url.search}`);
      const { status = 200, headers = {}, body } = answer(request, url);
      return Response.json(body, { status, headers });
    },
  };
  return fake;
}

/** Serves a fake cloud on a free port. */
export async function serveFakeCloud(fake: FakeCloud): Promise<{ baseUrl: string; close(): Promise<void> }> {
  const server = createServer(async (request, response) => {
    const chunks: Uint8Array[] = [];
    for await (const chunk of request) chunks.push(chunk as Uint8Array);
    const headers = Object.entries(request.headers).flatMap(([name, value]) =>
      typeof value === "string" ? [[name, value] as [string, string]] : [],
    );
    const { method = "GET" } = request;
    const body = chunks.length === 0 ? null : Buffer.concat(chunks);
    const answer = await fake.fetch(`http://${request.headers.host}${request.url}`, {
      method,
      headers,
      body,
    });
    response.writeHead(answer.status, Object.fromEntries(answer.headers)).end(await answer.text());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}${fake.basePath}`,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
