import type { Exchange, Listing } from "../evidence/exchange.ts";
import { identityOf, isFromAfter, isObject, objectOf } from "../evidence/read.ts";
import { type Clock, sleep } from "./clock.ts";
import type { Recorder } from "./recorder.ts";

/** More pages than any inventory has; reading stops here if the vendor never returns a last page. */
const MAX_PAGES = 20_000;
/** Reading stops after this many consecutive pages without a new item. Some pages may be empty. */
const MAX_STALE_PAGES = 500;

/** How long to wait for a listing that lags behind a command, and how long to pause between two readings. */
const MAX_LAG_SECONDS = 30;
const PAUSE_SECONDS = 1;

export interface ListingRequest {
  readonly purpose: string;
  readonly url: URL;
  /** The page size, or a function that chooses it for the page that follows the pages read so far. */
  readonly limit?: number | ((pages: readonly Exchange[]) => number);
  /** Credential to send. Default: the credential under test. */
  readonly credential?: string;
  /** Stops after this many pages. Default: no limit. */
  readonly maxPages?: number;
  /** Called between two pages. */
  readonly betweenPages?: (pages: readonly Exchange[]) => Promise<unknown>;
}

/**
 * Reads a listing to its end and records every page. Stops early at a repeated cursor, at a response that is not a page, or
 * after too many pages without a new item.
 */
export async function readListing(
  recorder: Recorder,
  { purpose, url, limit, credential, maxPages, betweenPages }: ListingRequest,
): Promise<Listing> {
  const pages: Exchange[] = [];
  const cursors = new Set<string>();
  const known = new Set<string>();
  let stalePages = 0;
  let cursor: string | null = null;
  const ended = (end: Listing["end"]): Listing => ({
    limit: typeof limit === "number" ? limit : null,
    pages,
    end,
  });
  while (pages.length < MAX_PAGES && stalePages < MAX_STALE_PAGES) {
    const next = new URL(url);
    const size = typeof limit === "function" ? limit(pages) : limit;
    if (size !== undefined) next.searchParams.set("limit", String(size));
    if (cursor !== null) next.searchParams.set("cursor", cursor);
    const page = await recorder.call({
      purpose: `${purpose}, page ${pages.length + 1}`,
      url: next,
      ...(credential !== undefined && { credential }),
    });
    pages.push(page);
    const body = page.response?.status === 200 ? objectOf(page) : null;
    if (!body || !Array.isArray(body["data"])) return ended("not_a_page");
    const following = body["next_cursor"];
    // PAGE-002 reports an absent or empty cursor; there is nothing to follow.
    if (typeof following !== "string" || following === "") return ended("last_page");
    if (pages.length === maxPages) return ended("stopped");
    if (cursors.has(following)) return ended("repeated_cursor");
    const before = known.size;
    for (const item of body["data"]) known.add(isObject(item) ? identityOf(item) : "");
    stalePages = known.size === before ? stalePages + 1 : 0;
    cursors.add(following);
    cursor = following;
    await betweenPages?.(pages);
  }
  return ended("too_many_pages");
}

/**
 * Reads a listing until it shows what a command did, or until its `as_of` says that it should show that.
 *
 * @returns the last reading
 */
export async function readUntilShown(
  command: Exchange,
  { clock, signal }: { readonly clock: Clock; readonly signal: AbortSignal },
  read: () => Promise<Listing>,
  isShown: (listing: Listing) => boolean,
): Promise<Listing> {
  for (const started = clock.now(); ; ) {
    const listing = await read();
    const isLate = clock.now() - started >= MAX_LAG_SECONDS * 1000;
    if (listing.end !== "last_page" || isShown(listing) || isFromAfter(command, listing) || isLate)
      return listing;
    await sleep(clock, PAUSE_SECONDS * 1000, signal);
  }
}
