import type { Page } from "@convergint/schemas";
import { VendorClientError } from "./errors.ts";

/** What one listing is read with. */
export interface PageReader<Item> {
  /** What is listed, for messages. */
  readonly what: string;
  /** Fetches a page; the first where the cursor is `undefined`. */
  readonly fetchPage: (cursor: string | undefined) => Promise<Page<Item>>;
  readonly idOf: (item: Item) => string;
}

/**
 * Reads a listing page by page, holding no more than a page and the ids seen, and checks that the vendor keeps the
 * rules of pagination: an inventory that breaks them must not be taken for a complete one.
 *
 * @throws {VendorClientError} `repeated_cursor`, `snapshot_changed`, `duplicate_item`, `count_mismatch`
 * @see spec/1.0/contract.md#pagination
 */
export async function* readPages<Item>({
  what,
  fetchPage,
  idOf,
}: PageReader<Item>): AsyncGenerator<Page<Item>> {
  const seen = new Set<string>();
  const cursors = new Set<string>();
  const broken = (code: VendorClientError["code"], how: string) =>
    new VendorClientError(
      code,
      `The listing of ${what} ${how}, so it is not complete. Run the conformance suite against this vendor.`,
    );
  let first: Page<Item>["snapshot"] | undefined;
  let cursor: string | undefined;
  do {
    const page = await fetchPage(cursor);
    first ??= page.snapshot;
    if (page.snapshot.id !== first.id || page.snapshot.as_of !== first.as_of)
      throw broken("snapshot_changed", "changed its snapshot between pages");
    for (const id of page.data.map(idOf)) {
      if (seen.has(id)) throw broken("duplicate_item", `has ${id} twice`);
      seen.add(id);
    }
    const next = page.next_cursor;
    const { total_count: total } = page.snapshot;
    if (next === null && typeof total === "number" && total !== seen.size) {
      throw broken("count_mismatch", `promised ${total} and has ${seen.size}`);
    }
    if (next !== null && cursors.has(next)) throw broken("repeated_cursor", "gave the same cursor twice");
    if (next !== null) cursors.add(next);
    yield page;
    cursor = next ?? undefined;
  } while (cursor !== undefined);
}

/** The items of pages, one by one. */
export async function* itemsOf<Item>(pages: AsyncIterable<Page<Item>>): AsyncGenerator<Item> {
  for await (const page of pages) yield* page.data;
}
