import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { refuseUnparsed } from "@convergint/internal/http-refusals";
import { DEVICE_ADDED, DEVICE_STATUS_CHANGED, MANIFEST_PATH } from "@convergint/schemas";
import { TOKEN_ALGORITHMS, TokenError, verifyConsumerToken } from "@convergint/tokens";
import type { Exchange } from "../evidence/exchange.ts";
import type { PolledListing } from "../evidence/polling-evidence.ts";
import { type Clock, dateOf, systemClock } from "../harness/clock.ts";
import { headersOf } from "../harness/posted-request.ts";
import {
  createListings,
  devicePage,
  json,
  type Listing,
  type ListingContent,
  PAGE_SIZE,
  problem,
  type ShowOptions,
  type VendorAnswer,
} from "./listing-pages.ts";

/** The org and site of every device that the polled vendor lists. */
interface VendorPlace {
  readonly orgId: string;
  readonly siteId: string;
}

/** How the consumer authenticates: with an API key, or with tokens that it signs. */
export type PollCredential = { readonly apiKey: string } | { readonly publicKey: string };

/** What the polled vendor requires of signed tokens. */
const TERMS = { algorithms: TOKEN_ALGORITHMS, issuer: "convergint" } as const;

/** Returns a function that tells whether an `Authorization` header is valid. */
function createGuard(
  credential: PollCredential,
  clock: Clock,
): (authorization: string | undefined) => Promise<boolean> {
  if ("apiKey" in credential) return async (authorization) => authorization === `Bearer ${credential.apiKey}`;
  const keys = [{ publicKey: credential.publicKey }];
  return async (authorization = "") => {
    const [, token = ""] = /^Bearer +(\S+)$/i.exec(authorization) ?? [];
    try {
      await verifyConsumerToken(token, { ...TERMS, keys, now: () => clock.now() });
      return true;
    } catch (error) {
      if (error instanceof TokenError) return false;
      throw error;
    }
  };
}

/**
 * The polled vendor's manifest. It declares polling, and webhooks whose endpoints are registered manually.
 */
const manifest = (apiBase: string, credential: PollCredential) => ({
  contract_version: "1.0",
  vendor: { id: "conformance-suite", name: "Conformance suite" },
  api_base: apiBase,
  authentication: ["apiKey" in credential ? { scheme: "bearer" } : { scheme: "signed_jwt", ...TERMS }],
  // The smallest allowed value. The pages of the polled vendor are shorter, which the contract allows.
  inventory: { max_page_size: 500, incremental_sync: false, conditional_requests: false },
  webhooks: {
    signature_schemes: ["v1"],
    batching: true,
    endpoint_management: false,
    retry_schedule_seconds: [5, 86_400],
    health_latency_seconds: 60,
  },
  device_types: [{ type: "camera", status_from: ["inventory", "events"] }],
  event_types: [DEVICE_STATUS_CHANGED, DEVICE_ADDED].map((type) => ({ type, delivery: ["webhook"] })),
});

const onePage = (data: readonly object[], asOf: Date): VendorAnswer =>
  json({
    data,
    next_cursor: null,
    snapshot: { id: "places", as_of: asOf.toISOString(), total_count: data.length },
  });

/**
 * Answers every path except those of the manifest and of the list of devices.
 *
 * @param path relative to the base URL, without the query
 */
function fixedAnswer(
  path: string,
  { orgId, siteId }: VendorPlace,
  { devices, asOf }: ListingContent,
): VendorAnswer {
  if (path === "/v1/orgs") return onePage([{ org_id: orgId, name: "Conformance suite" }], asOf);
  if (path === "/v1/sites") {
    const address = { country: "US" };
    return onePage([{ site_id: siteId, org_id: orgId, name: "Conformance suite", address }], asOf);
  }
  if (path.startsWith("/v1/devices/")) {
    const id = decodeURIComponent(path.slice("/v1/devices/".length));
    const device = devices.find(({ device_id }) => device_id === id);
    if (device) return json(device);
  }
  return problem(404, "not_found");
}

export interface PolledVendorOptions {
  /** Port to listen on; 0 picks a free one. */
  readonly port: number;
  /** The URL at which the consumer reaches the polled vendor. Default: a loopback URL. */
  readonly publicUrl?: string;
  readonly credential: PollCredential;
  readonly place: VendorPlace;
  /** The content of listings while no scenario shows other content. */
  readonly resting: ListingContent;
  readonly clock?: Clock;
}

/** A vendor whose inventory the consumer under test polls. */
export interface PolledVendor {
  readonly baseUrl: string;
  /**
   * Shows `content` in the next listing that the consumer starts, and waits until the consumer starts another
   * listing. When that listing starts, the consumer has processed `content`. The new listing gets no response
   * until `show` is called again, so nothing changes while the suite asks the consumer about the result.
   */
  show(content: ListingContent, options: ShowOptions): Promise<PolledListing>;
  /** Returns the last request for a page of devices; `null` before the first request. */
  lastRequest(): Exchange | null;
  close(): Promise<void>;
}

/** The maximum number of recorded pages per listing; enough evidence of a listing that does not end. */
const MAX_RECORDED_PAGES = 20;
/** The number of pages after which a listing whose cursors form a cycle is refused. */
export const MAX_PAGES = 5000;

/** Starts the vendor on loopback, or on every interface if it has a public URL. */
export async function startPolledVendor(options: PolledVendorOptions): Promise<PolledVendor> {
  const { port, publicUrl, credential, place, resting, clock = systemClock } = options;
  const listings = createListings(resting, clock);
  const isAllowed = createGuard(credential, clock);
  let calls = 0;
  let last: Exchange | null = null;

  function record(request: IncomingMessage, arrivedAt: Date, response: VendorAnswer): Exchange {
    calls += 1;
    return {
      id: `q${calls}`,
      purpose: "the consumer asks for a page of devices",
      request: {
        method: "GET",
        url: `${baseUrl}${request.url}`,
        headers: { ...headersOf(request), authorization: "Bearer …" },
        body: null,
      },
      response,
      failure: null,
      startedAt: arrivedAt.toISOString(),
      durationMs: clock.now() - arrivedAt.getTime(),
    };
  }

  async function answer(request: IncomingMessage): Promise<VendorAnswer> {
    const arrivedAt = dateOf(clock);
    const url = new URL(request.url ?? "/", "http://polled-vendor");
    if (url.pathname === MANIFEST_PATH) return json(manifest(baseUrl, credential));
    if (!(await isAllowed(request.headers.authorization)))
      return problem(401, "unauthorized", { "www-authenticate": "Bearer" });
    if (request.method !== "GET") return problem(405, "method_not_allowed");
    if (url.pathname !== "/v1/devices") return fixedAnswer(url.pathname, place, listings.currentContent());
    const { listing, page } = await answerListing(url, () => listings.begin(arrivedAt), listings.find);
    last = record(request, arrivedAt, page);
    if (listing && listing.exchanges.length < MAX_RECORDED_PAGES) listing.exchanges.push(last);
    return page;
  }

  async function respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { status, headers, body } = await answer(request);
    response.writeHead(status, headers).end(body);
  }

  const server = createServer((request, response) => {
    respond(request, response).catch(() => response.destroy());
  });
  server.on("clientError", refuseUnparsed);
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, publicUrl === undefined ? "127.0.0.1" : undefined, resolve);
  });
  const local = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const baseUrl = (publicUrl ?? local).replace(/\/$/, "");

  return {
    baseUrl,
    show: listings.show,
    lastRequest: () => last,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/**
 * Answers a request for a page of devices. A cursor consists of the listing's name and the page's position.
 */
async function answerListing(
  url: URL,
  begin: () => Promise<string>,
  find: (name: string) => Listing | undefined,
): Promise<{ readonly listing: Listing | null; readonly page: VendorAnswer }> {
  const cursor = url.searchParams.get("cursor");
  const dot = cursor?.lastIndexOf(".") ?? 0;
  const name = cursor === null ? await begin() : cursor.slice(0, dot);
  const listing = find(name);
  if (!listing) return { listing: null, page: problem(400, "invalid_cursor") };
  listing.requests += 1;
  const limit = Number(url.searchParams.get("limit") ?? PAGE_SIZE);
  if (!Number.isInteger(limit) || limit < 1) return { listing, page: problem(400, "invalid_limit") };
  if (listing.requests > MAX_PAGES) return { listing, page: problem(500, "internal_error") };
  const from = cursor === null ? 0 : Number(cursor.slice(dot + 1));
  return {
    listing,
    page: devicePage(listing.content, name, { from, limit: Math.min(limit, PAGE_SIZE) }),
  };
}
