import type { Page } from "@convergint/schemas";
import { VendorClientError, type VendorClientErrorCode } from "./errors.ts";
import type { ResponseLimits } from "./response-limits.ts";
import { SeenIds } from "./seen-ids.ts";

/** The progress of a listing. */
export interface ListingProgress {
  readonly pages: number;
  /** Number of items so far, including those that a tolerant listing set aside. */
  readonly items: number;
  /** Number of items in the whole listing, if the vendor sends it. */
  readonly total: number | null;
}

/**
 * A listing with more consecutive empty pages than this counts as
 * endless. A single short or empty page is valid.
 */
const MAX_EMPTY_PAGES = 1000;

/**
 * Checks the pages of one listing against the rules of pagination. Keeps only a few bytes per
 * item and per cursor, not the pages themselves.
 *
 * @param what what the items are called in messages
 * @see spec/1.0/contract.md#pagination
 */
export class ListingRules<Item> {
  readonly #what: string;
  readonly #idOf: (item: Item) => string;
  readonly #items = new SeenIds();
  readonly #cursors = new SeenIds();
  #snapshotId: string | undefined;
  #asOf: string | undefined;
  #setAside = 0;
  #pages = 0;
  #emptyPages = 0;

  constructor(what: string, idOf: (item: Item) => string) {
    this.#what = what;
    this.#idOf = idOf;
  }

  /**
   * Checks the next page.
   *
   * @param setAside how many further items the page had, which could not be used
   * @throws {VendorClientError} `snapshot_changed`, `duplicate_item`, `count_mismatch`, `repeated_cursor`,
   *   `endless_listing`
   */
  take({ data, next_cursor: next, snapshot }: Page<Item>, setAside = 0): ListingProgress {
    this.#snapshotId ??= snapshot.id;
    this.#asOf ??= snapshot.as_of;
    if (snapshot.id !== this.#snapshotId || snapshot.as_of !== this.#asOf)
      throw this.#broken("snapshot_changed", "changed its snapshot between pages");
    for (const item of data) {
      const id = this.#idOf(item);
      if (!this.#items.add(id)) throw this.#broken("duplicate_item", `has ${id} twice`);
    }
    this.#setAside += setAside;
    const items = this.#items.size + this.#setAside;
    const total = snapshot.total_count ?? null;
    if (total !== null && (next === null ? items !== total : items > total))
      throw this.#broken("count_mismatch", `has ${items} items instead of its total_count, ${total}`);
    if (next !== null && !this.#cursors.add(next))
      throw this.#broken("repeated_cursor", "returned the same cursor twice");
    this.#pages += 1;
    this.#emptyPages = data.length + setAside === 0 ? this.#emptyPages + 1 : 0;
    if (next !== null && this.#emptyPages > MAX_EMPTY_PAGES)
      throw this.#broken("endless_listing", `does not end: ${MAX_EMPTY_PAGES} consecutive pages were empty`);
    return { pages: this.#pages, items, total };
  }

  #broken(code: VendorClientErrorCode, how: string): VendorClientError {
    return new VendorClientError(
      code,
      `The listing of ${this.#what} ${how}, so it is not complete. Run the conformance suite against this vendor.`,
    );
  }
}

type Budget = Pick<
  ResponseLimits,
  "maxListingSeconds" | "maxListingPages" | "maxListingItems" | "maxListingBytes"
>;

/**
 * Counts what one listing has used of its budget, so that a vendor cannot keep a client reading for ever by sending
 * page after page. Counts only the vendor's time, because the caller may pause between two pages.
 *
 * @param what what the items are called in messages
 * @param now milliseconds of a clock that is never set back
 */
export class ListingBudget {
  readonly #what: string;
  readonly #max: Budget;
  readonly #now: () => number;
  #milliseconds = 0;
  #bytes = 0;

  constructor(what: string, max: Budget, now: () => number) {
    this.#what = what;
    this.#max = max;
    this.#now = now;
  }

  /** Makes a call of the listing and counts its time. */
  async count<Result>(call: () => Promise<Result>): Promise<Result> {
    const startedAt = this.#now();
    try {
      return await call();
    } finally {
      this.#milliseconds += this.#now() - startedAt;
    }
  }

  readonly addBytes = (bytes: number): void => {
    this.#bytes += bytes;
  };

  /**
   * Checks whether another page may be requested.
   *
   * @throws {VendorClientError} `listing_over_budget`
   */
  requireMore({ pages, items }: ListingProgress): void {
    const used: Readonly<Record<keyof Budget, number>> = {
      maxListingSeconds: this.#milliseconds / 1000,
      maxListingPages: pages,
      maxListingItems: items,
      maxListingBytes: this.#bytes,
    };
    for (const limit of Object.keys(used) as (keyof Budget)[]) {
      if (used[limit] < this.#max[limit]) continue;
      const unit = limit.replace("maxListing", "").toLowerCase();
      throw new VendorClientError(
        "listing_over_budget",
        `The listing of ${this.#what} was stopped after ${pages} pages, because it has used its budget of ${this.#max[limit]} ${unit} and does not end. It is not complete. Run the conformance suite against this vendor, or raise limits.${limit} if the inventory is that large.`,
        { limit },
      );
    }
  }
}
