import { VendorClientError, type VendorClientErrorCode } from "./errors.ts";

/**
 * Limits on a vendor's responses, so that no response can exhaust the memory or block other work, and the budget of a
 * listing, so that no listing is read without end.
 */
export interface ResponseLimits {
  /** Maximum size of one response in bytes, after decompression. Default: 16 MiB. */
  readonly maxResponseBytes: number;
  /** Maximum number of items of a page, or the call's own `limit` if that is larger. Default: 2000. */
  readonly maxPageItems: number;
  /** Maximum size in bytes, as JSON, of one item, one object, a manifest or a token response. Default: 256 KiB. */
  readonly maxItemBytes: number;
  /** Maximum time in seconds that the vendor may take for the pages of one listing, in sum. Default: 3600. */
  readonly maxListingSeconds: number;
  /** Maximum number of pages of one listing. Default: 100,000. */
  readonly maxListingPages: number;
  /** Maximum number of items of one listing. Default: 2,000,000. */
  readonly maxListingItems: number;
  /** Maximum size of all pages of one listing in bytes, after decompression. Default: 4 GiB. */
  readonly maxListingBytes: number;
}

/**
 * The default limits. A page of 2000 items takes about 0.1 s to validate, and blocks the event loop meanwhile. The budget
 * of a listing is several times what an inventory of 1,000,000 devices in pages of 100 needs.
 */
export const DEFAULT_LIMITS: ResponseLimits = {
  maxResponseBytes: 16 * 1024 * 1024,
  maxPageItems: 2000,
  maxItemBytes: 256 * 1024,
  maxListingSeconds: 3600,
  maxListingPages: 100_000,
  maxListingItems: 2_000_000,
  maxListingBytes: 4 * 1024 ** 3,
};

const tooLarge = (code: VendorClientErrorCode, place: string, what: string, limit: keyof ResponseLimits) =>
  new VendorClientError(
    code,
    `${place} ${what}, so the client did not use the response. Ask the vendor to send less, or raise limits.${limit} if the vendor is right.`,
    { url: place },
  );

/** Returns the error for a response that is larger than `maxBytes`. */
export const responseTooLarge = (place: string, maxBytes: number, limit: keyof ResponseLimits) =>
  tooLarge(
    "response_too_large",
    place,
    `sent more than ${maxBytes} bytes, counted after decompression`,
    limit,
  );

/** Returns the size of a value as JSON, in bytes; infinite if it is nested too deeply to be written. */
export function sizeOf(value: unknown): number {
  try {
    return new TextEncoder().encode(JSON.stringify(value)).byteLength;
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}

/** Checks the number of items of a page. @throws {VendorClientError} `too_many_items` */
export function requireItemCount(
  items: readonly unknown[],
  place: string,
  { maxPageItems }: Pick<ResponseLimits, "maxPageItems">,
): void {
  if (items.length <= maxPageItems) return;
  const what = `sent ${items.length} items in one page, more than ${maxPageItems}`;
  throw tooLarge("too_many_items", place, what, "maxPageItems");
}

/**
 * Checks the number and the size of the items of a page, or the size of any other object, before validation.
 *
 * @param size the number of characters of the JSON text; a text of no more than one item's size needs no closer look
 * @throws {VendorClientError} `too_many_items`, `item_too_large`
 */
export function requireWithinLimits(
  json: unknown,
  size: number,
  place: string,
  { maxPageItems, maxItemBytes }: ResponseLimits,
): void {
  const data = (json as { readonly data?: unknown } | null)?.data;
  const items: readonly unknown[] = Array.isArray(data) ? data : [json];
  requireItemCount(items, place, { maxPageItems });
  // A character takes at most three bytes.
  if (size * 3 <= maxItemBytes) return;
  for (const [index, item] of items.entries()) {
    const bytes = sizeOf(item);
    if (bytes <= maxItemBytes) continue;
    const which = Array.isArray(data) ? `the item /data/${index}` : "an object";
    const how = Number.isFinite(bytes) ? `of ${bytes} bytes` : "that is nested too deeply";
    throw tooLarge(
      "item_too_large",
      place,
      `sent ${which} ${how}; the limit is ${maxItemBytes} bytes`,
      "maxItemBytes",
    );
  }
}
