import { createHash, randomUUID } from "node:crypto";
import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import type { Device, Manifest, Problem } from "@convergint/schemas";
import type { Clock } from "../../harness/clock.ts";

const ORG = { org_id: randomUUID(), name: "Millbrook Schools" };
const SITES = ["North School", "South School"].map((name) => ({
  site_id: randomUUID(),
  org_id: ORG.org_id,
  name,
  address: { city: "Millbrook", country: "US" },
  timezone: "America/New_York",
}));
/** How many devices the vendor has, and the default size of a page. */
const DEVICES = 40;
const DEFAULT_LIMIT = 100;
const MAX_LIMIT = 500;

const createDevices = (clock: Clock): Partial<Device>[] =>
  Array.from({ length: DEVICES }, (_, index) => ({
    device_id: randomUUID(),
    org_id: ORG.org_id,
    site_id: SITES[index % SITES.length]?.site_id,
    name: `Camera ${index + 1}`,
    type: "camera",
    status: index % 10 === 9 ? "offline" : "online",
    status_observed_at: new Date(clock.now() - 60_000).toISOString(),
    mac_addresses: [`02:00:00:00:00:${index.toString(16).padStart(2, "0")}`],
  })) as Partial<Device>[];

const describe = (base: string): Manifest => ({
  contract_version: "1.0",
  vendor: { id: "millbrook", name: "Millbrook Cameras" },
  api_base: base,
  authentication: [{ scheme: "bearer" }],
  inventory: { max_page_size: MAX_LIMIT, incremental_sync: false, conditional_requests: false },
  device_types: [{ type: "camera", status_from: ["inventory"] }],
  event_types: [],
});

/** A refusal; the listener sends it as a problem. */
class Refused extends Error {
  readonly status: number;
  constructor(status: number, code: string) {
    super(code);
    this.status = status;
  }
}

interface Rest {
  readonly listing: string;
  readonly items: readonly object[];
  readonly snapshot: object;
}

/** Cuts listings into pages. Keeps the rest of each listing under a random text, its cursor. */
function createPager(clock: Clock) {
  const issued = new Map<string, Rest>();
  return (query: URLSearchParams, listing: string, list: () => readonly object[]) => {
    const limit = query.get("limit") ?? String(DEFAULT_LIMIT);
    if (!/^[1-9]\d*$/.test(limit)) throw new Refused(400, "invalid_limit");
    const cursor = query.get("cursor");
    const all = cursor === null ? list() : [];
    const rest =
      cursor === null
        ? { listing, items: all, snapshot: { id: randomUUID(), as_of: new Date(clock.now()).toISOString() } }
        : issued.get(cursor);
    if (rest?.listing !== listing) throw new Refused(400, "invalid_cursor");
    const size = Math.min(Number(limit), MAX_LIMIT);
    const [data, after] = [rest.items.slice(0, size), rest.items.slice(size)];
    const next = after.length === 0 ? null : createHash("sha256").update(randomUUID()).digest("hex");
    if (next !== null) issued.set(next, { ...rest, items: after });
    return { data, next_cursor: next, snapshot: rest.snapshot };
  };
}

/**
 * Creates a vendor that can only be polled: a manifest, an API key, and 40 cameras at two sites. It has no webhooks, no
 * sandbox, no site without devices, and nothing that the contract leaves to a capability.
 *
 * @param change changes the devices before they are served
 */
export function pollOnlyVendor(
  { apiKey, clock }: { readonly apiKey: string; readonly clock: Clock },
  change: (devices: Partial<Device>[]) => void = () => {},
): RequestListener {
  const devices = createDevices(clock);
  change(devices);
  const cut = createPager(clock);
  const requireKnown = (id: string | null, ids: readonly (string | undefined)[], code: string) => {
    if (id !== null && !ids.includes(id)) throw new Refused(404, code);
  };

  function answer({ method, url = "/", headers }: IncomingMessage): object {
    const { pathname, searchParams: query, origin } = new URL(url, `http://${headers.host}`);
    if (pathname === "/.well-known/vendor-cloud") return describe(origin);
    if (headers.authorization !== `Bearer ${apiKey}`) throw new Refused(401, "unauthorized");
    if (method !== "GET") throw new Refused(405, "method_not_allowed");
    const [org, site] = [query.get("org_id"), query.get("site_id")];
    const listing = [pathname, org, site].join(" ");
    const isWithin = (item: { readonly org_id?: string; readonly site_id?: string }) =>
      (org === null || item.org_id === org) && (site === null || item.site_id === site);
    if (pathname === "/v1/event-catalog") return { data: [] };
    if (pathname === "/v1/orgs") return cut(query, listing, () => [ORG]);
    if (pathname.startsWith("/v1/devices/")) {
      const id = decodeURIComponent(pathname.slice("/v1/devices/".length));
      const found = devices.find(({ device_id }) => device_id === id);
      if (found === undefined) throw new Refused(404, "unknown_device");
      return found;
    }
    requireKnown(org, [ORG.org_id], "unknown_org");
    if (pathname === "/v1/sites") return cut(query, listing, () => SITES.filter(isWithin));
    if (pathname !== "/v1/devices") throw new Refused(404, "not_found");
    if (query.has("since")) throw new Refused(400, "since_not_supported");
    requireKnown(
      site,
      SITES.map(({ site_id }) => site_id),
      "unknown_site",
    );
    return cut(query, listing, () => devices.filter(isWithin));
  }

  return (request: IncomingMessage, response: ServerResponse) => {
    const send = (status: number, type: string, body: object) =>
      response
        .writeHead(status, {
          "content-type": type,
          ...(status === 401 && { "www-authenticate": "Bearer" }),
        })
        .end(JSON.stringify(body));
    try {
      send(200, "application/json", answer(request));
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      const { status, message: code } = error;
      send(status, "application/problem+json", { title: code, status, code } satisfies Problem);
    }
  };
}
