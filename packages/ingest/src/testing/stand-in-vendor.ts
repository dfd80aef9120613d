import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { generateSecret } from "@convergint/webhooks";

/** A device as the vendor lists it. */
export type ListedDevice = Readonly<Record<string, unknown>> & { readonly device_id: string };

type Handler = (request: IncomingMessage, response: ServerResponse, url: URL) => void;

/** A minimal vendor cloud whose data a test can change at any time. */
export interface StandInVendor {
  readonly baseUrl: string;
  readonly apiKey: string;
  /** The secret that each registered destination gets. */
  webhookSecret: string;
  sites: readonly Readonly<Record<string, unknown>>[];
  devices: readonly ListedDevice[];
  asOf: string;
  pageSize: number;
  /** The changes since any sync token; `null` disables incremental sync, `"expired"` and `"unknown"` refuse every token. */
  changes: readonly Readonly<Record<string, unknown>>[] | "expired" | "unknown" | null;
  /** The ETag of the listing; `null` disables conditional requests. */
  etag: string | null;
  /** The published events; `null` disables backfill. */
  events: readonly Readonly<Record<string, unknown>>[] | null;
  /** The received requests, each as method, path and query. */
  readonly calls: string[];
  /** Handlers that replace the default handler of a path. */
  readonly instead: Map<string, Handler>;
  /** Members of the manifest, in place of or in addition to its own. */
  manifest: Readonly<Record<string, unknown>>;
  /** Whether a call carries a valid credential. Default: whether it carries the API key. */
  isAuthorized: (authorization: string | undefined) => boolean | Promise<boolean>;
  /** The registered destinations, as URLs by id. */
  readonly destinations: Map<string, string>;
  close(): Promise<void>;
}

export const json = (response: ServerResponse, body: unknown, status = 200) => {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
};

const problem = (response: ServerResponse, status: number, code: string) => {
  response
    .writeHead(status, { "content-type": "application/problem+json" })
    .end(JSON.stringify({ type: "about:blank", title: code, status, code }));
};

/** Creates a device with the members that a listing requires. */
export const listed = (device_id: string, more: Readonly<Record<string, unknown>> = {}): ListedDevice => ({
  device_id,
  org_id: "org",
  site_id: "hq",
  name: `Device ${device_id}`,
  type: "camera",
  ...more,
});

const body = async (request: IncomingMessage): Promise<unknown> => {
  const chunks: Uint8Array[] = [];
  for await (const chunk of request) chunks.push(chunk as Uint8Array);
  return JSON.parse(Buffer.concat(chunks).toString("utf8"));
};

/** Starts a vendor on a free port. Its API registers destinations. */
export async function startVendor({ apiKey = "key-of-the-vendor" } = {}): Promise<StandInVendor> {
  const page = (data: readonly unknown[], total: number, next: number | null) => ({
    data,
    next_cursor: next === null ? null : String(next),
    snapshot: { id: "snap", as_of: vendor.asOf, total_count: total },
  });
  const routes: Readonly<Record<string, Handler>> = {
    "GET /v1/orgs": (_request, response) =>
      json(response, page([{ org_id: "org", name: "Example Campus" }], 1, null)),
    "GET /v1/sites": (_request, response) => json(response, page(vendor.sites, vendor.sites.length, null)),
    "GET /v1/devices": (request, response, url) => {
      const from = Number(url.searchParams.get("cursor") ?? 0);
      const to = from + vendor.pageSize;
      const { devices, changes, etag } = vendor;
      if (url.searchParams.has("since")) {
        if (changes === "expired") return problem(response, 410, "sync_token_expired");
        if (changes === "unknown") return problem(response, 400, "invalid_sync_token");
        const all = changes ?? [];
        return json(response, { ...page(all, all.length, null), sync_token: `since-${vendor.asOf}` });
      }
      if (etag !== null) response.setHeader("etag", etag);
      if (etag !== null && from === 0 && request.headers["if-none-match"] === etag) {
        return response.writeHead(304).end();
      }
      const isLast = to >= devices.length;
      json(response, {
        ...page(devices.slice(from, to), devices.length, isLast ? null : to),
        ...(isLast && changes !== null && { sync_token: `since-${vendor.asOf}` }),
      });
    },
    "GET /v1/events": (_request, response) => {
      const all = vendor.events ?? [];
      json(response, page(all, all.length, null));
    },
    "POST /v1/webhook-endpoints": async (request, response) => {
      const { url } = (await body(request)) as { url: string };
      const endpoint_id = `ep-${vendor.destinations.size}`;
      vendor.destinations.set(endpoint_id, url);
      const created_at = new Date().toISOString();
      json(response, { endpoint_id, url, created_at, secret: vendor.webhookSecret }, 201);
    },
  };
  const manifest = () => ({
    contract_version: "1.0",
    vendor: { id: "stand-in", name: "Stand-in" },
    api_base: vendor.baseUrl,
    authentication: [{ scheme: "bearer" }],
    inventory: {
      max_page_size: 500,
      incremental_sync: vendor.changes !== null,
      conditional_requests: vendor.etag !== null,
    },
    ...(vendor.events !== null && { backfill: { depth_hours: 72 } }),
    webhooks: {
      signature_schemes: ["v1"],
      batching: false,
      endpoint_management: true,
      retry_schedule_seconds: [1],
      health_latency_seconds: 60,
    },
    device_types: [{ type: "camera", status_from: ["inventory", "events"] }],
    event_types: [],
    ...vendor.manifest,
  });
  const server = createServer(async (request, response) => {
    const url = new URL(request.url ?? "/", "http://vendor");
    vendor.calls.push(`${request.method} ${url.pathname}${url.search}`);
    const instead = vendor.instead.get(url.pathname);
    if (instead) return instead(request, response, url);
    if (url.pathname === "/.well-known/vendor-cloud") return json(response, manifest());
    if (!(await vendor.isAuthorized(request.headers.authorization))) return json(response, {}, 401);
    const deleted = request.method === "DELETE" && url.pathname.split("/").at(-1);
    if (deleted) {
      vendor.destinations.delete(deleted);
      return response.writeHead(204).end();
    }
    const route = routes[`${request.method} ${url.pathname}`];
    return route ? route(request, response, url) : json(response, {}, 404);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const vendor: StandInVendor = {
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    apiKey,
    webhookSecret: generateSecret(),
    sites: [{ site_id: "hq", org_id: "org", name: "Headquarters" }],
    devices: [],
    asOf: "2026-11-23T08:00:00Z",
    pageSize: 2,
    changes: null,
    etag: null,
    events: null,
    calls: [],
    manifest: {},
    isAuthorized: (authorization) => authorization === `Bearer ${vendor.apiKey}`,
    instead: new Map(),
    destinations: new Map(),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return vendor;
}
