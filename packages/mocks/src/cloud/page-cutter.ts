import type { SeededRandom } from "@convergint/internal/seeded-random";
import type { Page, Snapshot } from "@convergint/schemas";
import { Refusal } from "../problem.ts";

/** The largest page. */
export const MAX_PAGE_SIZE = 1000;
const DEFAULT_LIMIT = 100;

/** Reads a query string. Ignores unknown parameters. */
export class ListQuery {
  readonly #parameters: URLSearchParams;

  constructor(url: string) {
    this.#parameters = new URL(url).searchParams;
  }

  /** @throws {Refusal} `invalid_parameter` for a duplicate parameter */
  get(name: string): string | undefined {
    const [value, ...more] = this.#parameters.getAll(name);
    if (more.length > 0) throw new Refusal("invalid_parameter", `Send ${name} once.`);
    return value;
  }

  /** Returns the page size. @throws {Refusal} `invalid_limit` */
  get limit(): number {
    const text = this.get("limit") ?? String(DEFAULT_LIMIT);
    const limit = /^\d+$/.test(text) ? Number(text) : 0;
    if (limit < 1) throw new Refusal("invalid_limit", "Send limit as a whole number of at least 1.");
    return Math.min(limit, MAX_PAGE_SIZE);
  }
}

/** The content of one listing. */
export interface Contents<Item> {
  readonly items: readonly Item[];
  /** The sync token to put on the last page; only for a listing that supports incremental sync. */
  readonly syncToken?: string;
}

/** A call for a page. */
export interface PageCall<Item> {
  readonly query: ListQuery;
  /** Identifies the listing and its filters. A cursor is valid only for calls with the same key. */
  readonly listing: string;
  /** Returns the content of the listing; called only for its first page. */
  readonly contents: () => Contents<Item>;
}

/** The position of a cursor. */
interface Place {
  readonly listing: string;
  readonly contents: Contents<unknown>;
  readonly snapshot: Snapshot;
  readonly offset: number;
}

/**
 * Cuts listings into pages. The content is fixed at the first page, so changes during the
 * listing cause neither missing nor duplicate items.
 *
 * @see spec/1.0/contract.md#pagination
 */
export class PageCutter {
  readonly #random: SeededRandom;
  readonly #now: () => Date;
  readonly #places = new Map<string, Place>();
  #listings = 0;

  constructor(random: SeededRandom, now: () => Date) {
    this.#random = random;
    this.#now = now;
  }

  /** @throws {Refusal} `invalid_cursor`, `invalid_limit`, `invalid_parameter` */
  cut<Item>({ query, listing, contents }: PageCall<Item>): Page<Item> {
    const { limit } = query;
    const cursor = query.get("cursor");
    const place = cursor === undefined ? this.#begin(listing, contents()) : this.#goOn(cursor, listing);
    const { snapshot, offset } = place;
    const { items, syncToken } = place.contents as Contents<Item>;
    const end = offset + limit;
    const data = items.slice(offset, end);
    if (end < items.length) return { data, next_cursor: this.#mark({ ...place, offset: end }), snapshot };
    return { data, next_cursor: null, snapshot, ...(syncToken !== undefined && { sync_token: syncToken }) };
  }

  #begin(listing: string, contents: Contents<unknown>): Place {
    this.#listings += 1;
    const snapshot = {
      id: `snap_${this.#random.hex(`snapshot/${this.#listings}`, 16)}`,
      as_of: this.#now().toISOString(),
      total_count: contents.items.length,
    };
    return { listing, contents, snapshot, offset: 0 };
  }

  #goOn(cursor: string, listing: string): Place {
    const place = this.#places.get(cursor);
    if (place?.listing === listing) return place;
    throw new Refusal(
      "invalid_cursor",
      "Send the previous page's next_cursor unchanged, with the same filters. To restart, omit cursor.",
    );
  }

  #mark(place: Place): string {
    const cursor = `cur_${this.#random.hex(`${place.snapshot.id}/${place.offset}`, 24)}`;
    this.#places.set(cursor, place);
    return cursor;
  }
}
