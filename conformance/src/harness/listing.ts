import type { Delivery, Exchange, Listing } from "../evidence/exchange.ts";
import { isPlausible, type ListingBetween } from "../evidence/listing-between.ts";
import { coveredUntil, type IdName, identityOf, isFromAfter, isObject, objectOf } from "../evidence/read.ts";
import { agreesWithAll } from "../evidence/status-agreement.ts";
import { type Clock, sleep } from "./clock.ts";
import type { Bearer, Recorder } from "./recorder.ts";

/**
 * The maximum number of pages, which is more than any inventory has. The suite stops reading at this number,
 * because a defective vendor may never return a last page.
 */
const MAX_PAGES = 20_000;
/** The number of consecutive pages without a new item after which reading stops. Some pages may be empty. */
const MAX_STALE_PAGES = 500;

/** How long to wait for a listing that lags behind a command, and how long to pause between two readings. */
const MAX_LAG_SECONDS = 30;
const PAUSE_SECONDS = 1;
/**
 * The pause is longer if two readings contradict each other, because a vendor with contradictory readings is
 * usually wrong, not late.
 */
export const LONG_PAUSE_SECONDS = 5;
/**
 * How often to read a listing that contradicts the whole inventory. A device may have been added and removed
 * between two readings.
 */
const MAX_READINGS = 2;

export interface ListingRequest {
  readonly purpose: string;
  readonly url: URL;
  /** The page size, or a function that chooses the size of the next page from the pages read so far. */
  readonly limit?: number | ((pages: readonly Exchange[]) => number);
  /** Credential to send. Default: the credential under test. */
  readonly credential?: Bearer;
  /** The maximum number of pages to read. Default: no limit. */
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

/** The means to repeat a reading until the listing shows a change. */
type Waiting = { readonly clock: Clock; readonly signal: AbortSignal };

/**
 * Reads a listing until `isWanted` accepts it, or until the longest allowed lag is over. @returns the last
 * reading
 */
async function readUntil(
  isWanted: (listing: Listing) => boolean,
  { clock, signal }: Waiting,
  read: () => Promise<Listing>,
  pauseSeconds: number,
): Promise<Listing> {
  for (const started = clock.now(); ; ) {
    const listing = await read();
    const isLate = clock.now() - started >= MAX_LAG_SECONDS * 1000;
    if (listing.end !== "last_page" || isWanted(listing) || isLate) return listing;
    await sleep(clock, pauseSeconds * 1000, signal);
  }
}

/**
 * Reads a listing repeatedly until it shows the effect of a command, or until its `as_of` is after the
 * command.
 *
 * @returns the last reading
 */
export const readUntilShown = (
  command: Exchange,
  drive: Waiting,
  read: () => Promise<Listing>,
  isShown: (listing: Listing) => boolean,
  pauseSeconds = PAUSE_SECONDS,
): Promise<Listing> =>
  readUntil((listing) => isShown(listing) || isFromAfter(command, listing), drive, read, pauseSeconds);

/**
 * Reads the inventory until its statuses agree with the events that have arrived, or until it describes a
 * moment after those events.
 *
 * @returns the last reading
 */
export function readAfterEvents(
  deliveries: readonly Delivery[],
  drive: Waiting,
  read: () => Promise<Listing>,
): Promise<Listing> {
  const last = Date.parse(deliveries.at(-1)?.receivedAt ?? "");
  const isWanted = (listing: Listing) => agreesWithAll(deliveries, listing) || coveredUntil(listing) >= last;
  return readUntil(isWanted, drive, read, LONG_PAUSE_SECONDS);
}

/** One listing to read between two readings of the whole inventory. */
export interface PartToRead {
  readonly name: IdName;
  readonly read: () => Promise<Listing>;
  /** Returns the ids that this listing must have, from a reading of the whole inventory. */
  readonly idsIn: (whole: Listing) => readonly string[];
}

/**
 * Reads listings. After a listing that contradicts the whole inventory, reads the inventory again. If the
 * listing contradicts both readings, reads the listing again.
 *
 * @param before the whole inventory
 * @returns the listings, in the order of `parts`
 */
export async function readBetween(
  before: Listing,
  parts: readonly PartToRead[],
  drive: Waiting,
  readWhole: () => Promise<Listing>,
): Promise<ListingBetween[]> {
  const read = new Map<PartToRead, ListingBetween>();
  const isSettled = (part: PartToRead, between: ListingBetween) =>
    isPlausible(between, part.name, part.idsIn);
  let whole = before;
  let last: Exchange | undefined;
  for (let reading = 1; reading <= MAX_READINGS; reading += 1) {
    for (const part of parts) {
      const earlier = read.get(part);
      if (earlier && isSettled(part, earlier)) continue;
      const listing = await part.read();
      last = listing.pages.at(-1);
      const around = { before: whole, after: whole };
      read.set(part, { listing, ...around, ...(earlier && { earlier: earlier.listing }) });
    }
    const isSettledBy = (after: Listing) =>
      [...read].every((each) => isSettled(each[0], each[1]) || isSettled(each[0], { ...each[1], after }));
    if (last === undefined || isSettledBy(whole)) break;
    const after = await readUntilShown(last, drive, readWhole, isSettledBy, LONG_PAUSE_SECONDS);
    for (const [part, between] of read) if (!isSettled(part, between)) read.set(part, { ...between, after });
    whole = after;
  }
  return parts.flatMap((part) => read.get(part) ?? []);
}
