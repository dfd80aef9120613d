import type { Exchange } from "../evidence/exchange.ts";
import type { PolledListing } from "../evidence/polling-evidence.ts";
import type { JsonObject } from "../evidence/read.ts";
import { type Clock, sleep } from "../harness/clock.ts";

/** A device as the polled vendor lists it. */
export type ListedDevice = JsonObject & { readonly device_id: string };

/** A deliberate defect of a listing. */
export type ListingFault =
  /** The second page and all later pages get 500. */
  | { readonly kind: "error" }
  /** The second page and all later ones end in the middle of their JSON. */
  | { readonly kind: "broken_page" }
  /** `total_count` is one too high. */
  | { readonly kind: "wrong_count" }
  /** Pages after the first belong to another snapshot. */
  | { readonly kind: "changed_snapshot" }
  /** The last page repeats the first item, and `total_count` includes it. */
  | { readonly kind: "repeated_item" }
  /** The first page gets 429. */
  | { readonly kind: "busy"; readonly retryAfterSeconds: number }
  /** Empty pages follow the first, and their cursors form a cycle. */
  | { readonly kind: "circle" };

/** What one listing contains, from its first page to its last. */
export interface ListingContent {
  readonly devices: readonly ListedDevice[];
  readonly asOf: Date;
  /** The defect of the listing; `null` for a correct listing. */
  readonly fault: ListingFault | null;
}

/** A response of the polled vendor. */
export interface VendorAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Maximum number of items on a page: small, so that a few dozen devices take several pages. */
export const PAGE_SIZE = 10;

export const json = (body: unknown): VendorAnswer => ({
  status: 200,
  headers: { "content-type": "application/json" },
  body: JSON.stringify(body),
});

export const problem = (
  status: number,
  code: string,
  headers: Readonly<Record<string, string>> = {},
): VendorAnswer => ({
  status,
  headers: { "content-type": "application/problem+json", ...headers },
  body: JSON.stringify({ type: "about:blank", title: code.replaceAll("_", " "), status, code }),
});

/** The index of a page's first item, and its maximum number of items. */
export interface PageRange {
  readonly from: number;
  readonly limit: number;
}

/**
 * Returns one page of devices.
 *
 * @param listing the name of the listing, used in its snapshot id and its cursors
 */
export function devicePage(view: ListingContent, listing: string, { from, limit }: PageRange): VendorAnswer {
  const { devices, asOf, fault } = view;
  const kind = fault?.kind ?? null;
  const isFirst = from === 0;
  if (fault?.kind === "busy") {
    return problem(429, "rate_limited", { "retry-after": String(fault.retryAfterSeconds) });
  }
  if (kind === "error" && !isFirst) return problem(500, "internal_error");
  const all = kind === "repeated_item" ? [...devices, ...devices.slice(0, 1)] : devices;
  const to = from + limit;
  const snapshot = {
    id: kind === "changed_snapshot" && !isFirst ? `${listing}-replaced` : listing,
    as_of: asOf.toISOString(),
    total_count: all.length + (kind === "wrong_count" ? 1 : 0),
  };
  if (kind === "circle") {
    // The first page leads to an empty page. That page and a second empty page then lead to each other.
    const next = from === all.length + 1 ? all.length + 2 : all.length + 1;
    return json({ data: isFirst ? all.slice(0, limit) : [], next_cursor: `${listing}.${next}`, snapshot });
  }
  const next = to < all.length ? `${listing}.${to}` : null;
  const page = json({ data: all.slice(from, to), next_cursor: next, snapshot });
  return kind === "broken_page" && !isFirst
    ? { ...page, body: page.body.slice(0, page.body.length / 2) }
    : page;
}

/** Listings with the same content, and the consumer's requests for them. */
export interface Listing {
  readonly content: ListingContent;
  requests: number;
  readonly exchanges: Exchange[];
}

/** The content that listings show until other content replaces it, and those listings. */
interface Showing extends Listing {
  /** Whether only the first listing shows this content. */
  readonly isOnce: boolean;
  hasBegun: boolean;
  /** Resolves when the consumer starts the listing after the first listing with this content. */
  readonly followed: PromiseWithResolvers<Date>;
  /** Resolves when other content replaces this content. */
  readonly replaced: PromiseWithResolvers<void>;
}

export interface ShowOptions {
  /** How long to wait for the consumer to start the listing after the shown listing. */
  readonly seconds: number;
  readonly signal: AbortSignal;
}

/** Decides what each listing contains. */
interface Listings {
  /** Returns the content of a listing that would start now. */
  currentContent(): ListingContent;
  /**
   * Starts a listing, but waits while the previous listing is being examined.
   *
   * @returns the new listing's name
   */
  begin(arrivedAt: Date): Promise<string>;
  find(name: string): Listing | undefined;
  show(content: ListingContent, options: ShowOptions): Promise<PolledListing>;
}

const createShowing = (content: ListingContent, isOnce: boolean): Showing => ({
  content,
  isOnce,
  hasBegun: false,
  requests: 0,
  exchanges: [],
  followed: Promise.withResolvers(),
  replaced: Promise.withResolvers(),
});

/** Creates listings. @param resting the content of listings until other content is shown */
export function createListings(resting: ListingContent, clock: Clock): Listings {
  const byName = new Map<string, Showing>();
  let current = createShowing(resting, false);

  return {
    currentContent: () => current.content,
    async begin(arrivedAt) {
      while (current.isOnce && current.hasBegun) {
        const examined = current;
        examined.followed.resolve(arrivedAt);
        await examined.replaced.promise;
      }
      current.hasBegun = true;
      const name = `listing-${byName.size + 1}`;
      byName.set(name, current);
      return name;
    },
    find: (name) => byName.get(name),
    async show(content, { seconds, signal }) {
      const before = current;
      const showing = createShowing(content, true);
      current = showing;
      before.replaced.resolve();
      const stopWaiting = new AbortController();
      const ends = AbortSignal.any([signal, stopWaiting.signal]);
      const followedAt = await Promise.race([
        showing.followed.promise,
        sleep(clock, seconds * 1000, ends).then(() => null),
      ]).finally(() => stopWaiting.abort());
      return {
        exchanges: [...showing.exchanges],
        requests: showing.requests,
        waitedSeconds: seconds,
        followedAt: followedAt?.toISOString() ?? null,
      };
    },
  };
}
