import type { Listing } from "./exchange.ts";
import { type IdName, idsOf, itemsOf, memberOf, objectOf } from "./read.ts";

/**
 * A listing, between two readings of the whole inventory. Other users of the tenant may add, move and remove
 * devices meanwhile; PAGE-009 applies to the devices that both readings contain.
 */
export interface ListingBetween {
  readonly listing: Listing;
  readonly before: Listing;
  /** The whole inventory after the listing; the same as `before` if the listing agrees with `before`. */
  readonly after: Listing;
  /**
   * An earlier reading of the same listing, made before the reading `before` of the inventory; absent if the
   * first reading was plausible.
   */
  readonly earlier?: Listing;
}

/**
 * Returns the ids that a listing between two readings must contain, and the ids that it may contain. It may
 * also contain ids that the earlier reading of the listing lacked, because devices may have been added and
 * removed between the readings.
 */
export function boundsOf(
  { listing, before, after, earlier }: ListingBetween,
  name: IdName,
  idsIn: (whole: Listing) => readonly string[],
): { readonly required: ReadonlySet<string>; readonly allowed: ReadonlySet<string> } {
  const [one, other] = [idsIn(before), new Set(idsIn(after.end === "last_page" ? after : before))];
  const known = new Set(earlier ? idsOf(earlier, name) : []);
  const passing = earlier?.end === "last_page" ? idsOf(listing, name).filter((id) => !known.has(id)) : [];
  return {
    required: new Set(one.filter((id) => other.has(id))),
    allowed: new Set([...one, ...other, ...passing]),
  };
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
  between: ListingBetween,
  name: IdName,
  idsIn: (whole: Listing) => readonly string[],
): boolean {
  const { listing, before, after } = between;
  const all = [listing, before, after];
  if (all.some(({ end }) => end !== "last_page")) return true;
  const ids = idsOf(listing, name);
  const listed = new Set(ids);
  const { required, allowed } = boundsOf(between, name, idsIn);
  return (
    all.every(isCounted) &&
    listed.size === ids.length &&
    ids.every((id) => allowed.has(id)) &&
    [...required].every((id) => listed.has(id))
  );
}
