import type { Page } from "@convergint/schemas";
import { VendorClientError, type VendorClientErrorCode } from "./errors.ts";
import { SeenIds } from "./seen-ids.ts";

/** How far a listing has been read. */
export interface ListingProgress {
  readonly pages: number;
  readonly items: number;
  /** How many items the whole listing has, where the vendor says so. */
  readonly total: number | null;
}

/** More pages in a row without an item are taken for a listing without end. A short or empty page alone is no fault. */
const MOST_EMPTY_PAGES = 1000;

/**
 * The rules of pagination, held against one listing as its pages come. Keeps a few bytes for each item and cursor,
 * and nothing of a page.
 *
 * @param what what is listed, for messages
 * @see spec/1.0/contract.md#pagination
 */
export class ListingRules<Item> {
  readonly #what: string;
  readonly #idOf: (item: Item) => string;
  readonly #items = new SeenIds();
  readonly #cursors = new SeenIds();
  #snapshotId: string | undefined;
  #asOf: string | undefined;
  #pages = 0;
  #emptyPages = 0;

  constructor(what: string, idOf: (item: Item) => string) {
    this.#what = what;
    this.#idOf = idOf;
  }

  /**
   * Takes the next page.
   *
   * @throws {VendorClientError} `snapshot_changed`, `duplicate_item`, `count_mismatch`, `repeated_cursor`,
   *   `endless_listing`
   */
  take({ data, next_cursor: next, snapshot }: Page<Item>): ListingProgress {
    this.#snapshotId ??= snapshot.id;
    this.#asOf ??= snapshot.as_of;
    if (snapshot.id !== this.#snapshotId || snapshot.as_of !== this.#asOf)
      throw this.#broken("snapshot_changed", "changed its snapshot between pages");
    for (const item of data) {
      const id = this.#idOf(item);
      if (!this.#items.add(id)) throw this.#broken("duplicate_item", `has ${id} twice`);
    }
    const items = this.#items.size;
    const total = snapshot.total_count ?? null;
    if (total !== null && (next === null ? items !== total : items > total))
      throw this.#broken("count_mismatch", `promised ${total} and has ${items}`);
    if (next !== null && !this.#cursors.add(next))
      throw this.#broken("repeated_cursor", "gave the same cursor twice");
    this.#pages += 1;
    this.#emptyPages = data.length === 0 ? this.#emptyPages + 1 : 0;
    if (next !== null && this.#emptyPages > MOST_EMPTY_PAGES)
      throw this.#broken(
        "endless_listing",
        `goes on after ${MOST_EMPTY_PAGES} pages in a row without an item`,
      );
    return { pages: this.#pages, items, total };
  }

  #broken(code: VendorClientErrorCode, how: string): VendorClientError {
    return new VendorClientError(
      code,
      `The listing of ${this.#what} ${how}, so it is not complete. Run the conformance suite against this vendor.`,
    );
  }
}
