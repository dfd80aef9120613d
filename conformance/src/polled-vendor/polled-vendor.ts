import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { MANIFEST_PATH } from "@convergint/schemas";
import type { Exchange } from "../evidence/exchange.ts";
import type { PolledListing } from "../evidence/polling-evidence.ts";
import { type Clock, dateOf, systemClock } from "../harness/clock.ts";
import { headersOf } from "../harness/posted-request.ts";
import { fixedAnswer, type VendorPlace } from "./fixed-answers.ts";
import { devicePage, type ListingContent, PAGE_SIZE, problem, type VendorAnswer } from "./listing-pages.ts";
import { createListings, type Listing, type ShowOptions } from "./listings.ts";

export interface PolledVendorOptions {
  /** Port to listen on; 0 picks a free one. */
  readonly port: number;
  /** The URL at which the consumer reaches the polled vendor. Default: a loopback URL. */
  readonly publicUrl?: string;
  /** The API key that the consumer sends. */
  readonly apiKey: string;
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
   * listing. By then, the consumer has processed `content`. The other listing gets no response until `show`
   * is called again, so nothing changes while the suite asks the consumer about the result.
   */
  show(content: ListingContent, options: ShowOptions): Promise<PolledListing>;
  /** The last request for a page of devices; `null` before the first. */
  lastRequest(): Exchange | null;
  close(): Promise<void>;
}

/** The maximum number of recorded pages per listing; enough evidence of a listing that does not end. */
const MAX_RECORDED_PAGES = 20;
/** A listing whose cursors form a cycle is refused after this many pages. */
export const MAX_PAGES = 5000;

/** Starts the vendor on loopback, or on every interface if it has a public URL. */
export async function startPolledVendor(options: PolledVendorOptions): Promise<PolledVendor> {
  const { port, publicUrl, apiKey, place, resting, clock = systemClock } = options;
  const listings = createListings(resting, clock);
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
    const isAllowed = request.headers.authorization === `Bearer ${apiKey}` || url.pathname === MANIFEST_PATH;
    if (!isAllowed) return problem(401, "unauthorized", { "www-authenticate": "Bearer" });
    if (request.method !== "GET") return problem(405, "method_not_allowed");
    if (url.pathname !== "/v1/devices")
      return fixedAnswer(url.pathname, baseUrl, place, listings.currentContent());
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
