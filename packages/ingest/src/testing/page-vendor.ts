import { createHmac } from "node:crypto";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { type Answer, call } from "./running-server.ts";
import { json } from "./stand-in-vendor.ts";

/** A device in the inventory format of Convergint's documentation page for vendors. */
export interface PageDevice {
  readonly device_id: string;
  readonly name: string;
  readonly type: string;
  readonly status: string;
  readonly mac_address?: string | null;
  readonly site_id: string;
}

/** A vendor that implements exactly Convergint's documentation page for vendors, and not the contract. */
export interface PageVendor {
  readonly baseUrl: string;
  readonly apiKey: string;
  /** The secret that a person entered in the vendor's console. */
  webhookSecret: string;
  devices: readonly PageDevice[];
  /** Answers of paths, in place of the vendor's own. */
  readonly instead: Map<string, unknown>;
  /** The received requests, each as path and query. */
  readonly calls: string[];
  isAuthorized: (authorization: string | undefined) => boolean | Promise<boolean>;
  close(): Promise<void>;
}

const PAGE_SITES = [
  {
    site_id: "hq",
    name: "Headquarters",
    address: "1 Main Street, Springfield",
    timezone: "America/New_York",
  },
  { site_id: "lab", name: "Laboratory", address: "2 Side Street, Springfield", timezone: "America/Chicago" },
] as const;

/** Creates a device of the inventory. */
export const pageDevice = (device_id: string, more: Partial<PageDevice> = {}): PageDevice => ({
  device_id,
  name: `Device ${device_id}`,
  type: "camera",
  status: "online",
  mac_address: "AA-BB-CC-00-11-22",
  site_id: "hq",
  ...more,
});

/** Answers one page of a listing, with the numbers that the page asks for. */
function toPage(name: string, all: readonly unknown[], query: URLSearchParams) {
  const page = Number(query.get("page") ?? 1);
  const per_page = Math.min(Number(query.get("per_page") ?? 50), 2);
  const total_count = all.length;
  const total_pages = Math.max(1, Math.ceil(total_count / per_page));
  return {
    [name]: all.slice((page - 1) * per_page, page * per_page),
    pagination: { page, per_page, total_pages, total_count },
  };
}

/** Starts the vendor on a free port. Its pages have two items. */
export async function startPageVendor(): Promise<PageVendor> {
  const answer = ({ pathname, searchParams }: URL): unknown => {
    if (vendor.instead.has(pathname)) return vendor.instead.get(pathname);
    if (pathname === "/api/v1/account") return { account_id: "acct-1", name: "Example Campus" };
    if (pathname === "/api/v1/account/sites") return toPage("sites", PAGE_SITES, searchParams);
    const site = /^\/api\/v1\/sites\/([^/]+)\/inventory$/.exec(pathname)?.[1];
    if (site === undefined) return null;
    const devices = vendor.devices.filter(({ site_id }) => site_id === decodeURIComponent(site));
    return toPage("devices", devices, searchParams);
  };
  const server = createServer(async (request: IncomingMessage, response) => {
    const url = new URL(request.url ?? "/", "http://vendor");
    vendor.calls.push(`${url.pathname}${url.search}`);
    if (!(await vendor.isAuthorized(request.headers.authorization))) return json(response, {}, 401);
    const found = answer(url);
    json(response, found ?? { error: "not found" }, found === null ? 404 : 200);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const vendor: PageVendor = {
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    apiKey: "key-of-the-page-vendor",
    webhookSecret: "a secret of any shape",
    devices: [],
    instead: new Map(),
    calls: [],
    isAuthorized: (authorization) => authorization === `Bearer ${vendor.apiKey}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return vendor;
}

/** A health event as the page shows it. */
export const healthEvent = (event_id: string, device_id: string, status: string, timestamp: string) => ({
  event_id,
  event_type: "health",
  device_id,
  timestamp,
  account_id: "acct-1",
  site_id: "hq",
  data: { status },
});

/** A request as the vendor posts it, and as an eavesdropper may repeat it. */
export interface SignedDelivery {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Signs a delivery as the page says: the signature covers the body and not the timestamp. @param at Unix milliseconds */
export function signPage(event: unknown, secret: string, at = Date.now()): SignedDelivery {
  const body = JSON.stringify(event);
  return {
    body,
    headers: {
      "content-type": "application/json",
      "x-webhook-timestamp": String(Math.floor(at / 1000)),
      "x-webhook-signature": `sha256=${createHmac("sha256", secret).update(body).digest("hex")}`,
    },
  };
}

/** Posts a delivery. */
export const postSigned = (url: string, { headers, body }: SignedDelivery): Promise<Answer> =>
  call(url, { method: "POST", headers, body });
