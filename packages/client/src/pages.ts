import type { Page } from "@convergint/schemas";
import { type ListingProgress, ListingRules } from "./listing-rules.ts";

/** What one listing is read with. */
export interface PageReader<Item> {
  /** What is listed, for messages. */
  readonly what: string;
  /** Fetches a page; the first where the cursor is `undefined`. */
  readonly fetchPage: (cursor: string | undefined) => Promise<Page<Item>>;
  readonly idOf: (item: Item) => string;
  readonly onProgress: ((progress: ListingProgress) => void) | undefined;
}

/**
 * Reads a listing page by page and holds it against the rules of pagination: an inventory that breaks them must not
 * be taken for a complete one.
 *
 * @throws {VendorClientError} what {@link ListingRules} finds, and what `fetchPage` throws
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

/** The items of pages that nobody else reads, one by one. */
export async function* itemsOf<Item>(
  pages: AsyncIterable<Page<Item>>,
): AsyncGenerator<Item, void, undefined> {
  for await (const { data } of pages) {
    // Not `yield*`, which makes several promises an item.
    for (const item of data) yield item;
    // Suspended generators hold on to the page while the next is fetched, which is when memory is tidied up.
    data.length = 0;
  }
}
