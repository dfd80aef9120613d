import type { JsonObject } from "../evidence/read.ts";

/** A device as the suite's inventory lists it. */
export type ListedDevice = JsonObject & { readonly device_id: string };

/** How a listing goes wrong, on purpose. */
export type ListingFault =
  /** The second page, and every one after it, is answered with 500. */
  | { readonly kind: "error" }
  /** The second page, and every one after it, breaks off in the middle of its JSON. */
  | { readonly kind: "broken_page" }
  /** One item more is promised than there is. */
  | { readonly kind: "wrong_count" }
  /** The pages after the first are of another snapshot. */
  | { readonly kind: "changed_snapshot" }
  /** The last page has the first item again, and the count counts it. */
  | { readonly kind: "repeated_item" }
  /** The first page is answered with 429. */
  | { readonly kind: "busy"; readonly retryAfterSeconds: number }
  /** After the first page come empty ones, whose cursors lead in a circle. */
  | { readonly kind: "circle" };

/** What the suite's inventory shows to one listing, from its first page to its last. */
export interface InventoryView {
  readonly devices: readonly ListedDevice[];
  readonly asOf: Date;
  /** `null` for a listing as it should be. */
  readonly fault: ListingFault | null;
}

/** What a request is answered with. */
export interface InventoryAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Pages have this many items at the most, so that a listing of a few dozen devices has several. */
export const PAGE_SIZE = 10;

export const json = (body: unknown): InventoryAnswer => ({
  status: 200,
  headers: { "content-type": "application/json" },
  body: JSON.stringify(body),
});

export const problem = (
  status: number,
  code: string,
  headers: Readonly<Record<string, string>> = {},
): InventoryAnswer => ({
  status,
  headers: { "content-type": "application/problem+json", ...headers },
  body: JSON.stringify({ type: "about:blank", title: code.replaceAll("_", " "), status, code }),
});

/** Where a page begins, and how many items it may have. */
export interface PagePlace {
  readonly from: number;
  readonly limit: number;
}

/**
 * One page of devices.
 *
 * @param listing names the listing, in its snapshot and in its cursors
 */
export function devicePage(
  view: InventoryView,
  listing: string,
  { from, limit }: PagePlace,
): InventoryAnswer {
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
    id: kind === "changed_snapshot" && !isFirst ? `${listing}-anew` : listing,
    as_of: asOf.toISOString(),
    total_count: all.length + (kind === "wrong_count" ? 1 : 0),
  };
  if (kind === "circle") {
    // One after the first page, then to and fro between two that have been given already.
    const next = from === all.length + 1 ? all.length + 2 : all.length + 1;
    return json({ data: isFirst ? all.slice(0, limit) : [], next_cursor: `${listing}.${next}`, snapshot });
  }
  const next = to < all.length ? `${listing}.${to}` : null;
  const page = json({ data: all.slice(from, to), next_cursor: next, snapshot });
  return kind === "broken_page" && !isFirst
    ? { ...page, body: page.body.slice(0, page.body.length / 2) }
    : page;
}
