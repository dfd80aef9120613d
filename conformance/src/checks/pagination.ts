import { pageSchema, snapshotSchema } from "@convergint/schemas";
import { z } from "zod";
import type { Evidence } from "../evidence/evidence.ts";
import type { Listing } from "../evidence/exchange.ts";
import {
  type IdName,
  identityOf,
  idsOf,
  isObject,
  itemsOf,
  memberOf,
  objectOf,
  textOf,
} from "../evidence/read.ts";
import { check } from "./check.ts";
import { type Failure, judgeEach, show } from "./finding.ts";
import { describeResponse, findUnusableResponse, judgeStatus } from "./judge-response.ts";
import { findSchemaFailure } from "./schema-failures.ts";

/** The page around its items: what an item must be is another requirement's matter. */
const anyPageSchema = pageSchema(z.unknown());

const LISTINGS = ["orgs", "sites", "devices", "paging"] as const;

const listingsOf = ({
  orgs,
  sites,
  devices,
  paging,
}: Pick<Evidence, (typeof LISTINGS)[number]>): Listing[] => [
  orgs.listing,
  sites.listing,
  devices.listing,
  paging.orgsInSmallPages,
  paging.sitesInSmallPages,
  paging.inSmallPages,
];

/** The pages that can be read as pages, each with its listing. */
const readablePages = (listings: readonly Listing[]) =>
  listings.flatMap((listing) =>
    listing.pages
      .filter((page) => findUnusableResponse(page) === null)
      .map((page) => ({ at: page.id, listing, body: objectOf(page) })),
  );

/** What the entries of a listing are told apart by. That an id is given to one thing alone is INV-009's matter. */
function entriesOf(listing: Listing, name: IdName) {
  return itemsOf(listing).flatMap(({ value }) => {
    const id = isObject(value) ? textOf(value, name) : null;
    return isObject(value) && id !== null ? [{ id, identity: identityOf(value) }] : [];
  });
}

type Entries = ReturnType<typeof entriesOf>;

const firstTwice = (entries: Entries) => {
  const seen = new Set<string>();
  return entries.find(({ identity }) => seen.size === seen.add(identity).size);
};

const firstMissing = (wanted: Entries, entries: Entries) => {
  const ids = new Set(entries.map(({ id }) => id));
  return wanted.find(({ id }) => !ids.has(id));
};

/** The first entry that a listing has twice, or that one of its two readings lacks. */
function difference(whole: Entries, paged: Entries): Omit<Failure, "at"> | null {
  const twice = firstTwice(whole) ?? firstTwice(paged);
  if (twice) {
    return {
      expected: "every entry once",
      actual: `${show(twice.id)} is listed twice`,
      hint: "Order by a unique key, and begin each page behind the last entry of the one before: WHERE id > last, not >=.",
    };
  }
  const skipped = firstMissing(whole, paged);
  const extra = firstMissing(paged, whole);
  if (!skipped && !extra) return null;
  return {
    expected: "the same entries whatever the limit",
    actual: skipped
      ? `${show(skipped.id)} is missing when read in small pages`
      : `${show(extra?.id)} is missing when read in large pages`,
    hint: "Order by a unique key and continue after the last one given; an offset skips when rows move.",
  };
}

export const paginationChecks = [
  check("PAGE-001", LISTINGS, ({ orgs, sites, devices, paging }) => {
    const readings = [
      { whole: devices.listing, paged: paging.inSmallPages, name: "device_id" },
      { whole: sites.listing, paged: paging.sitesInSmallPages, name: "site_id" },
      { whole: orgs.listing, paged: paging.orgsInSmallPages, name: "org_id" },
    ] as const;
    return judgeEach(
      readings.flatMap(({ whole, paged, name }) => {
        const at = paged.pages.at(-1)?.id;
        const entries = entriesOf(whole, name);
        return at === undefined || entries.length === 0
          ? []
          : [{ at, entries, again: entriesOf(paged, name) }];
      }),
      "nothing was listed",
      ({ entries, again }) => difference(entries, again),
    );
  }),

  check("PAGE-002", LISTINGS, (evidence) =>
    judgeEach(
      listingsOf(evidence).flatMap((listing) =>
        listing.pages.map((page) => ({ at: page.id, page, listing, last: page === listing.pages.at(-1) })),
      ),
      "nothing was listed",
      ({ page, listing, last }) => {
        const unreadable = findUnusableResponse(page);
        if (unreadable) return unreadable;
        const wrong = findSchemaFailure(anyPageSchema, objectOf(page));
        if (wrong?.where === "/next_cursor") {
          return {
            ...wrong,
            expected: "a cursor, and null on the last page",
            hint: "Send next_cursor on every page, null on the last: a serialiser that leaves out null leaves out the end.",
          };
        }
        if (wrong) return wrong;
        if (last && listing.end === "repeated_cursor") {
          return {
            where: "/next_cursor",
            expected: "null on the last page",
            actual: `a cursor that was given before, ${show(objectOf(page)?.["next_cursor"])}`,
            hint: "A reader that follows this never ends.",
          };
        }
        return last && listing.end === "too_many_pages"
          ? {
              where: "/next_cursor",
              expected: "null at some page",
              actual: `none after ${listing.pages.length} pages`,
              hint: "Make the cursor from the last entry of the page, and stop where nothing stands behind it.",
            }
          : null;
      },
    ),
  ),

  check("PAGE-003", LISTINGS, (evidence) =>
    judgeEach(
      readablePages(listingsOf(evidence)),
      "no page could be read",
      ({ listing: { limit }, body }) => {
        const items = body?.["data"];
        const count = Array.isArray(items) ? items.length : 0;
        return limit === null || count <= limit
          ? null
          : {
              where: "/data",
              expected: `at most ${limit}, the limit that was asked for`,
              actual: `${count} entries`,
              hint: "Every listing pages: apply limit in orgs, sites and devices alike, and give a next_cursor for the rest.",
            };
      },
    ),
  ),

  check("PAGE-004", LISTINGS, (evidence) =>
    judgeEach(readablePages(listingsOf(evidence)), "no page could be read", ({ listing, body }) => {
      const first = memberOf(listing.pages[0] ? objectOf(listing.pages[0]) : null, "snapshot");
      const own = memberOf(body, "snapshot");
      // A page without a valid snapshot is PAGE-002's matter.
      if (!snapshotSchema.safeParse(first).success || !snapshotSchema.safeParse(own).success) return null;
      for (const name of ["id", "as_of"]) {
        if (textOf(own, name) !== textOf(first, name)) {
          return {
            where: `/snapshot/${name}`,
            expected: `${show(first?.[name])}, as on page one`,
            actual: show(own?.[name]),
            hint: "Fix the snapshot on page one and carry it in the cursor.",
          };
        }
      }
      return null;
    }),
  ),

  check("PAGE-005", ["paging"], ({ paging: { madeUpCursor } }) =>
    judgeEach([{ at: madeUpCursor.id }], "", () =>
      [400, 410].includes(madeUpCursor.response?.status ?? 0)
        ? null
        : {
            expected: "400 or 410 for a cursor that you never gave",
            actual: describeResponse(madeUpCursor),
            hint: "A poller that is handed page one again for a bad cursor never ends, or takes half an inventory for all of it.",
          },
    ),
  ),

  check("PAGE-006", LISTINGS, (evidence) => {
    const complete = listingsOf(evidence).filter(({ end }) => end === "last_page");
    const named = complete.flatMap((listing) => {
      const listed = itemsOf(listing).length;
      return readablePages([listing]).flatMap(({ at, body }) => {
        const total = memberOf(body, "snapshot")?.["total_count"];
        return typeof total === "number" ? [{ at, listed, total }] : [];
      });
    });
    if (named.length === 0) {
      // The member is optional: pages that leave it out promise nothing that could be wrong.
      return judgeEach(readablePages(complete), "no listing could be read to its end", () => null);
    }
    return judgeEach(named, "", ({ listed, total }) =>
      total === listed
        ? null
        : {
            where: "/snapshot/total_count",
            expected: `${listed}, the number of entries that the pages have`,
            actual: `${total}`,
            hint: "Count what the query matches before it is cut into pages, or leave total_count out.",
          },
    );
  }),

  check("PAGE-007", ["paging"], ({ paging }) =>
    judgeStatus(
      paging.badLimits,
      [400],
      "A limit that is not a whole number from 1 up is refused with 400: the default in its place hides a mistake of the caller's.",
    ),
  ),

  check("PAGE-008", ["limits"], ({ limits: { maxPageSize, atMaximum, aboveMaximum } }) =>
    judgeEach(
      [atMaximum, aboveMaximum].map((page) => ({ at: page.id, page })),
      "",
      ({ page }) => {
        const unreadable = findUnusableResponse(page);
        if (unreadable) {
          return {
            ...unreadable,
            hint: `The manifest's max_page_size is ${maxPageSize}: take a larger limit for that, and refuse neither.`,
          };
        }
        const items = objectOf(page)?.["data"];
        const count = Array.isArray(items) ? items.length : 0;
        return count <= maxPageSize
          ? null
          : {
              where: "/data",
              expected: `at most ${maxPageSize} devices, the manifest's max_page_size`,
              actual: `${count}`,
              hint: "Take the smaller of limit and max_page_size; should the larger page be meant, say so in the manifest.",
            };
      },
    ),
  ),

  check(
    "PAGE-009",
    ["devices", "changingInventory"],
    ({ devices, changingInventory: { listing, passing, moved } }) => {
      const [page] = listing.pages;
      const times = new Map<string, number>();
      for (const id of idsOf(listing, "device_id")) times.set(id, (times.get(id) ?? 0) + 1);
      const throughout = [...idsOf(devices.listing, "device_id"), moved].filter(
        (id) => !passing.includes(id),
      );
      return judgeEach(
        page && listing.end === "last_page" ? [{ at: page.id }] : [],
        "the listing was not read to its end; see PAGE-001",
        () => {
          const wrong = throughout.find((id) => times.get(id) !== 1);
          if (wrong === undefined) return null;
          const what = wrong === moved ? "which was moved meanwhile" : "which was there throughout";
          return {
            expected: `the device ${wrong}, ${what}, once`,
            actual: times.has(wrong) ? "it is listed twice" : "it is missing",
            hint: "Go on from the last id of the page before and not from a count of devices, and sort by something that never changes: what is added or removed shifts a count, and what moves is met twice.",
          };
        },
      );
    },
  ),
];
