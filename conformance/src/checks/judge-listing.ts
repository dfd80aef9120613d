import type { z } from "zod";
import type { Listing } from "../evidence/exchange.ts";
import { itemsOf } from "../evidence/read.ts";
import { type Failure, type Finding, judgeEach } from "./finding.ts";
import { findUnusableResponse } from "./judge-response.ts";
import { findSchemaFailure } from "./schema-failures.ts";

/** Judges that a listing answers, has an item, and that each of its items is valid. */
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
      hint: "An empty account cannot be certified: use a tenant with orgs, sites and devices.",
    }));
  }
  return judgeEach(items, "nothing was listed", ({ value, pointer }) =>
    findSchemaFailure(schema, value, pointer),
  );
}

/** How a listing ended that has no last page. */
const END = {
  not_a_page: "a page that cannot be read",
  repeated_cursor: "a next_cursor that was given before, so that reading never ends",
  too_many_pages: "more pages than anybody can read",
} as const;

/** What keeps a listing from having been read to its end, or `null`. */
export const findUnfinishedListing = ({ end }: Listing, of: string): Omit<Failure, "at"> | null =>
  end === "last_page"
    ? null
    : {
        expected: `${of}, to a last page`,
        actual: END[end],
        hint: "Answer with next_cursor null on the page that has the last entry.",
      };

/** Judges that listings contain exactly the ids they should, naming the first that is missing or too many. */
export function judgeIds(
  listings: readonly {
    readonly listing: Listing;
    readonly ids: readonly string[];
    readonly expected: ReadonlySet<string>;
    readonly of: string;
  }[],
  none: string,
): Finding {
  const subjects = listings.flatMap(({ listing, ...rest }) => {
    const [page] = listing.pages;
    return page ? [{ at: page.id, page, listing, ...rest }] : [];
  });
  return judgeEach(subjects, none, ({ page, listing, ids, expected, of }) => {
    const unreadable = findUnusableResponse(page);
    if (unreadable) {
      return {
        ...unreadable,
        hint: "What is listed can be filtered by: with nothing in it, it is an empty page (data [], next_cursor null), and no error.",
      };
    }
    const extra = ids.filter((id) => !expected.has(id));
    if (extra.length > 0) {
      return {
        expected: `only ${of}`,
        actual: `${extra.length} others among the ${ids.length} that are listed, ${extra[0]} for one`,
        hint: "Filter by what the query asks for before the listing is cut into pages, and when the next page is read.",
      };
    }
    const listed = new Set(ids);
    const unended = findUnfinishedListing(listing, of);
    if (unended) return unended;
    if (listed.size < ids.length) {
      return {
        expected: `each of ${of} once`,
        actual: `${ids.length - listed.size} come twice`,
        hint: "Order by something unique, and go on behind the last entry of the page before: then none is on two pages.",
      };
    }
    const missing = [...expected].find((id) => !listed.has(id));
    if (missing !== undefined) {
      return {
        expected: `all of ${of}`,
        actual: `${missing} is missing`,
        hint: "The listing without a filter has it: page through the filtered one in the same way, to its last entry.",
      };
    }
    return null;
  });
}
