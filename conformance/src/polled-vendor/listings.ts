import type { Exchange } from "../evidence/exchange.ts";
import type { PolledListing } from "../evidence/polling-evidence.ts";
import { type Clock, sleep } from "../harness/clock.ts";
import type { ListingContent } from "./listing-pages.ts";

/** Listings with the same content, and the consumer's requests for them. */
export interface Listing {
  readonly content: ListingContent;
  requests: number;
  readonly exchanges: Exchange[];
}

/** Content that is shown until other content replaces it, and the listings that show it. */
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
export interface Listings {
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
