import type { Exchange } from "../evidence/exchange.ts";
import type { PolledListing } from "../evidence/polling-evidence.ts";
import { type Clock, sleep } from "../harness/clock.ts";
import type { ListingContent } from "./listing-pages.ts";

/** The listings that share one content, and what the consumer requested of them. */
export interface Listing {
  readonly content: ListingContent;
  requests: number;
  readonly exchanges: Exchange[];
}

/** A content, for as long as it is shown. */
interface Showing extends Listing {
  /** Whether only the first listing sees it. */
  readonly isOnce: boolean;
  hasBegun: boolean;
  /** Resolves when the consumer starts the listing after it. */
  readonly followed: PromiseWithResolvers<Date>;
  /** Resolves when another content replaces it. */
  readonly replaced: PromiseWithResolvers<void>;
}

export interface ShowOptions {
  /** How long to wait for the listing after the one shown. */
  readonly seconds: number;
  readonly signal: AbortSignal;
}

/** Decides what each listing contains. */
export interface Listings {
  /** What a listing that starts now would contain. */
  currentContent(): ListingContent;
  /** Starts a listing; waits while the one before is being examined. @returns its name */
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

/** @param resting what listings contain until something else is shown */
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
