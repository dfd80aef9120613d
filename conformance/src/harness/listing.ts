import type { Exchange, Listing } from "../evidence/exchange.ts";
import { identityOf, isObject, objectOf } from "../evidence/read.ts";
import type { Recorder } from "./recorder.ts";

/** No inventory has this many pages; a vendor whose cursors never end is stopped here. */
const MOST_PAGES = 20_000;
/** Nor does one go on for so many pages in which nothing is new. Some are right: a page may be empty. */
const MOST_BARREN_PAGES = 500;

export interface ListingRequest {
  readonly purpose: string;
  readonly url: URL;
  readonly limit?: number;
  /** Whose credential to send. Default: the one under test. */
  readonly credential?: string;
  /** Runs when a page was read and there are more, before the next one is. */
  readonly betweenPages?: (pagesRead: number) => Promise<unknown>;
}

/**
 * Reads a listing to its end, recording every page, and never for ever: a cursor that comes twice, an answer that
 * is not a page, or pages upon pages with nothing new end it.
 */
export async function readListing(
  recorder: Recorder,
  { purpose, url, limit, credential, betweenPages }: ListingRequest,
): Promise<Listing> {
  const pages: Exchange[] = [];
  const cursors = new Set<string>();
  const known = new Set<string>();
  let barren = 0;
  let cursor: string | null = null;
  const ended = (end: Listing["end"]): Listing => ({ limit: limit ?? null, pages, end });
  while (pages.length < MOST_PAGES && barren < MOST_BARREN_PAGES) {
    const next = new URL(url);
    if (limit !== undefined) next.searchParams.set("limit", String(limit));
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
    // An absent or empty cursor is wrong (PAGE-002), but there is nothing to follow either.
    if (typeof following !== "string" || following === "") return ended("last_page");
    if (cursors.has(following)) return ended("repeated_cursor");
    const before = known.size;
    for (const item of body["data"]) known.add(isObject(item) ? identityOf(item) : "");
    barren = known.size === before ? barren + 1 : 0;
    cursors.add(following);
    cursor = following;
    await betweenPages?.(pages.length);
  }
  return ended("too_many_pages");
}
