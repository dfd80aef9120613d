import type { Page } from "@convergint/schemas";
import { type ListingProgress, ListingRules } from "./listing-rules.ts";

/** Options for reading a listing. */
export interface PageReader<Item> {
  /** Name of the items, for messages. */
  readonly what: string;
  /** Fetches a page; the first page if the cursor is `undefined`. */
  readonly fetchPage: (cursor: string | undefined) => Promise<Page<Item>>;
  readonly idOf: (item: Item) => string;
  readonly onProgress: ((progress: ListingProgress) => void) | undefined;
}

/**
 * Reads a listing page by page and checks the rules of pagination. A listing that breaks a rule must not
 * count as complete.
 *
 * @throws {VendorClientError} the errors of {@link ListingRules} and of `fetchPage`
 */
export async function* readPages<Item>({
  what,
  fetchPage,
  idOf,
  onProgress,
}: PageReader<Item>): AsyncGenerator<Page<Item>, void, undefined> {
  const rules = new ListingRules(what, idOf);
  let cursor: string | undefined;
  do {
    const page = await fetchPage(cursor);
    cursor = page.next_cursor ?? undefined;
    const progress = rules.take(page);
    onProgress?.(progress);
    yield page;
  } while (cursor !== undefined);
}

/** Yields the items of pages one by one. */
export async function* itemsOf<Item>(
  pages: AsyncIterable<Page<Item>>,
): AsyncGenerator<Item, void, undefined> {
  for await (const { data } of pages) {
    // Not `yield*`, which creates several promises per item.
    for (const item of data) yield item;
    // Empties the page before the next fetch: otherwise the
    // suspended generator would keep the items in memory.
    data.length = 0;
  }
}
