import type { RecordKind } from "../record.ts";
import type { Inventory, SnapshotRecord } from "./mapping.ts";
import type { Reading } from "./snapshot.ts";

/** The filters of a listing, as the caller sent them. */
export interface ListingFilter {
  readonly org_id?: string;
  readonly site_id?: string;
  readonly system_id?: string;
}

/** A page, as JSON; or which object of the filter does not exist. */
type ListedPage = { readonly json: string } | { readonly unknown: "org" | "site" | "system" };

/** A position in a listing. */
interface ListingPosition {
  /**
   * Returns the page at this position. It is empty and has a cursor while the vendor is still being read.
   *
   * @throws the errors of the reading; the reason of `signal`
   */
  page(limit: number, signal: AbortSignal): Promise<ListedPage>;
}

/** The listings that callers are reading. */
export interface Listings {
  start(reading: Reading, kind: RecordKind, filter: ListingFilter): ListingPosition;
  /** Finds the position of a cursor. It works only for the call that it was issued for. */
  find(cursor: string, kind: RecordKind, filter: ListingFilter): ListingPosition | "expired" | "invalid";
}

/** A cursor works for at least this long. @see spec/1.0/contract.md#pagination PAGE-010 */
const KEPT_MS = 10 * 60_000;
/** The maximum number of kept readings, each of which may be a whole inventory in memory. */
const MAX_READINGS = 2;

interface Listing {
  readonly id: string;
  readonly reading: Reading;
  readonly kind: RecordKind;
  readonly filter: ListingFilter;
  /** The positions of the cursors that were issued. */
  readonly issued: Set<string>;
  /** The records that match the filter; `null` while the vendor is being read. */
  matching: Matching | null;
  usedAt: number;
}

interface Matching {
  readonly records: readonly SnapshotRecord[];
  readonly doubts: readonly string[];
  readonly unknown: "org" | "site" | "system" | null;
}

/** Finds the records that match all filters, and whether the objects of the filters exist. */
function findMatching({ records, doubts }: Inventory, kind: RecordKind, filter: ListingFilter): Matching {
  const { org_id: orgId, site_id: siteId, system_id: systemId } = filter;
  const site = siteId === undefined ? undefined : records.site.get(siteId);
  const isMember = ({ orgId: org, siteId: place, systemId: system }: SnapshotRecord) =>
    (orgId === undefined || org === orgId) &&
    (siteId === undefined || place === siteId) &&
    (systemId === undefined || system === systemId);
  const all = [...records[kind].values()];
  const hasFilter = Object.keys(filter).length > 0;
  const findUnknown = () => {
    if (orgId !== undefined && !records.org.has(orgId)) return "org";
    if (siteId !== undefined && (site === undefined || (orgId !== undefined && site.orgId !== orgId)))
      return "site";
    const hasSystem = systemId === undefined || all.some((each) => each.systemId === systemId);
    return hasSystem ? null : "system";
  };
  return { records: hasFilter ? all.filter(isMember) : all, doubts: doubts[kind], unknown: findUnknown() };
}

/** Compares the filters of two calls. */
const isSameFilter = (a: ListingFilter, b: ListingFilter): boolean =>
  a.org_id === b.org_id && a.site_id === b.site_id && a.system_id === b.system_id;

/**
 * Creates the listings of one vendor. A listing keeps its inventory for 10 minutes after its last call, and at most 2
 * inventories are kept.
 *
 * @param now milliseconds since 1970
 * @param pageSeconds after this time, a page is answered even if the vendor is still being read
 */
export function createListings(now: () => number, pageSeconds: number): Listings {
  const kept = new Map<string, Listing>();

  function forgetOld(): void {
    for (const [id, { usedAt }] of kept) if (now() - usedAt > KEPT_MS) kept.delete(id);
    const readings = [...new Set([...kept.values()].map(({ reading }) => reading))];
    for (const old of readings.slice(0, -MAX_READINGS)) {
      for (const [id, { reading }] of kept) if (reading === old) kept.delete(id);
    }
  }

  function issue(listing: Listing, position: string): string {
    listing.issued.add(position);
    return `${listing.id}.${position}`;
  }

  /** A `total_count` that is not a number is a fault of the page. No reader concludes from such a page that a record is gone. */
  const totalOf = ({ records, doubts }: Matching): number | string =>
    doubts.length === 0
      ? records.length
      : `${records.length}, but records may be missing: ${doubts.join("; ")}`;

  async function pageOf(
    listing: Listing,
    position: string,
    limit: number,
    signal: AbortSignal,
  ): Promise<ListedPage> {
    listing.usedAt = now();
    const { reading } = listing;
    const snapshot = { id: reading.id, as_of: new Date(reading.startedAt).toISOString() };
    if (listing.matching === null) {
      const inventory = await reading.wait(signal, pageSeconds);
      listing.usedAt = now();
      if (inventory === null) {
        const next_cursor = issue(listing, `w${listing.issued.size}`);
        return { json: JSON.stringify({ data: [], next_cursor, snapshot }) };
      }
      listing.matching ??= findMatching(inventory, listing.kind, listing.filter);
    }
    const { matching } = listing;
    if (matching.unknown !== null) return { unknown: matching.unknown };
    const from = position.startsWith("w") ? 0 : Number(position);
    const to = from + limit;
    const data = matching.records.slice(from, to).map(({ json }) => json);
    const end = to >= matching.records.length;
    const rest = JSON.stringify({
      next_cursor: end ? null : issue(listing, String(to)),
      snapshot: { ...snapshot, total_count: totalOf(matching) },
    });
    // The records are JSON already, so they are not parsed and written again for each page.
    return { json: `{"data":[${data.join(",")}],${rest.slice(1)}` };
  }

  return {
    start(reading, kind, filter) {
      const id = crypto.randomUUID();
      const listing: Listing = {
        id,
        reading,
        kind,
        filter,
        issued: new Set(),
        matching: null,
        usedAt: now(),
      };
      kept.set(id, listing);
      forgetOld();
      return { page: (limit, signal) => pageOf(listing, "0", limit, signal) };
    },
    find(cursor, kind, filter) {
      forgetOld();
      const [, id = "", position = ""] = /^([0-9a-f-]{36})\.(w?\d{1,9})$/.exec(cursor) ?? [];
      if (id === "") return "invalid";
      const listing = kept.get(id);
      if (listing === undefined) return "expired";
      if (listing.kind !== kind || !isSameFilter(listing.filter, filter) || !listing.issued.has(position))
        return "invalid";
      return { page: (limit, signal) => pageOf(listing, position, limit, signal) };
    },
  };
}
