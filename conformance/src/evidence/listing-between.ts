import type { Listing } from "./exchange.ts";
import { type IdName, idsOf, itemsOf, memberOf, objectOf } from "./read.ts";

/**
 * A listing, between two readings of the whole inventory. Other users of the tenant may add, move and remove
 * devices meanwhile; PAGE-009 applies to the devices that both readings contain.
 */
export interface ListingBetween {
  readonly listing: Listing;
  readonly before: Listing;
  /** Equal to `before` if the listing agrees with `before`. */
  readonly after: Listing;
}

/** Returns the ids that a listing between two readings must contain, and the ids that it may contain. */
export function boundsOf(
  { before, after }: Pick<ListingBetween, "before" | "after">,
  idsIn: (whole: Listing) => readonly string[],
): { readonly required: ReadonlySet<string>; readonly allowed: ReadonlySet<string> } {
  const [one, other] = [idsIn(before), new Set(idsIn(after.end === "last_page" ? after : before))];
  return { required: new Set(one.filter((id) => other.has(id))), allowed: new Set([...one, ...other]) };
}

/** Tells whether the number of a listing's items equals its `total_count`, if it has one. */
function isCounted(listing: Listing): boolean {
  const [page] = listing.pages;
  const total = memberOf(page ? objectOf(page) : null, "snapshot")?.["total_count"];
  return typeof total !== "number" || total === itemsOf(listing).length;
}

/**
 * Tells whether a listing can be right. A listing that was not read to its end cannot be compared, so it
 * counts as right.
 */
export function isPlausible(
  { listing, ...around }: ListingBetween,
  name: IdName,
  idsIn: (whole: Listing) => readonly string[],
): boolean {
  const all = [listing, around.before, around.after];
  if (all.some(({ end }) => end !== "last_page")) return true;
  const ids = idsOf(listing, name);
  const listed = new Set(ids);
  const { required, allowed } = boundsOf(around, idsIn);
  return (
    all.every(isCounted) &&
    listed.size === ids.length &&
    ids.every((id) => allowed.has(id)) &&
    [...required].every((id) => listed.has(id))
  );
}
