import type { z } from "zod";
import type { Listing } from "../evidence/exchange.ts";
import { itemsOf } from "../evidence/read.ts";
import { type Finding, judgeEach, type Problem } from "./finding.ts";
import { findUnusableResponse } from "./judge-response.ts";
import { findSchemaFailure } from "./schema-failures.ts";

/** Judges that a listing can be read, is not empty, and has only valid items. */
export function judgeItems(listing: Listing, schema: z.ZodType): Finding {
  const broken = listing.pages.find((page) => findUnusableResponse(page));
  if (broken) return judgeEach([{ at: broken.id }], "", () => findUnusableResponse(broken));
  const items = itemsOf(listing);
  const [first] = listing.pages;
  if (items.length === 0 && first) {
    return judgeEach([{ at: first.id }], "", () => ({
      where: "/data",
      expected: "at least one entry",
      actual: "none",
      hint: "The listing is empty, so there is nothing to certify. Use a tenant that has orgs, sites and devices.",
    }));
  }
  return judgeEach(items, "the listing is empty", ({ value, pointer }) =>
    findSchemaFailure(schema, value, pointer),
  );
}

/** Describes why the suite stopped reading a listing before its last page. */
const UNFINISHED = {
  not_a_page: "an unreadable page",
  repeated_cursor: "a next_cursor that an earlier page already had, so the listing never ends",
  stopped: "the pages that the suite asked for",
  too_many_pages: "more pages than the suite reads",
} as const;

/** Returns why a listing was not read to its last page; `null` if it was. */
export const findUnfinishedListing = ({ end }: Listing, of: string): Problem | null =>
  end === "last_page"
    ? null
    : {
        expected: `${of}, up to a last page`,
        actual: UNFINISHED[end],
        hint: "On the page that has the last entry, set next_cursor to null.",
      };

/**
 * Judges that listings contain exactly the expected ids; reports the first missing or extra id. If the tenant
 * changed meanwhile, `allowed` contains additional ids.
 */
export function judgeIds(
  listings: readonly {
    readonly listing: Listing;
    readonly ids: readonly string[];
    readonly expected: ReadonlySet<string>;
    readonly allowed?: ReadonlySet<string>;
    readonly of: string;
  }[],
  none: string,
): Finding {
  const subjects = listings.flatMap(({ listing, ...rest }) => {
    const [page] = listing.pages;
    return page ? [{ at: page.id, page, listing, ...rest }] : [];
  });
  return judgeEach(subjects, none, ({ page, listing, ids, expected, allowed = expected, of }) => {
    const unreadable = findUnusableResponse(page);
    if (unreadable) {
      return {
        ...unreadable,
        hint: "The suite filtered by an id from your own listing. If nothing matches, return an empty page (data [], next_cursor null), not an error.",
      };
    }
    const extra = ids.filter((id) => !allowed.has(id));
    if (extra.length > 0) {
      return {
        expected: `only ${of}`,
        actual: `${extra.length} of the ${ids.length} listed ids should not be there, such as ${extra[0]}`,
        hint: "Apply the query's filter before you split the listing into pages, and again on every further page.",
      };
    }
    const listed = new Set(ids);
    const unended = findUnfinishedListing(listing, of);
    if (unended) return unended;
    if (listed.size < ids.length) {
      return {
        expected: `${of}, each only once`,
        actual: `${ids.length - listed.size} ids are listed twice`,
        hint: "Sort by a unique key and start each page after the last entry of the previous page, so that no entry is on two pages.",
      };
    }
    const missing = [...expected].find((id) => !listed.has(id));
    if (missing !== undefined) {
      return {
        expected: `all of ${of}`,
        actual: `${missing} is missing`,
        hint: "The unfiltered listing contains this entry. Check that the filter matches the entry, and that filtered pages continue up to the last entry.",
      };
    }
    return null;
  });
}
