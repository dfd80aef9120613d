import { pageSchema, snapshotSchema } from "@convergint/schemas";
import { z } from "zod";
import type { Evidence } from "../evidence/evidence.ts";
import type { Listing } from "../evidence/exchange.ts";
import { idsOf, memberOf, objectOf, textOf } from "../evidence/read.ts";
import { answered, invalid, judgeStatus, notAnAnswer } from "./answers.ts";
import { check } from "./check.ts";
import { type Failure, judgeEach, show } from "./finding.ts";

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
  paging.inSmallPages,
];

/** The pages that can be read as pages, each with its listing. */
const readablePages = (listings: readonly Listing[]) =>
  listings.flatMap((listing) =>
    listing.pages
      .filter((page) => notAnAnswer(page) === null)
      .map((page) => ({ at: page.id, listing, body: objectOf(page) })),
  );

/** The first device that one reading of the inventory has and the other lacks, or has twice. */
function difference(whole: readonly string[], paged: readonly string[]): Omit<Failure, "at"> | null {
  const seen = new Set<string>();
  for (const id of paged) {
    if (seen.has(id)) return { expected: "every device once", actual: `${id} is listed twice` };
    seen.add(id);
  }
  const missing = whole.find((id) => !seen.has(id));
  if (missing !== undefined) {
    return {
      expected: "the same devices whatever the limit",
      actual: `${missing} is missing when read in small pages`,
      hint: "Order by a unique key and continue after the last one given; an offset skips when rows move.",
    };
  }
  const all = new Set(whole);
  const extra = paged.find((id) => !all.has(id));
  return extra === undefined
    ? null
    : {
        expected: "the same devices whatever the limit",
        actual: `${extra} is missing when read in large pages`,
      };
}

export const paginationChecks = [
  check("PAGE-001", ["devices", "paging"], ({ devices, paging }) => {
    const whole = idsOf(devices.listing, "device_id");
    const paged = idsOf(paging.inSmallPages, "device_id");
    const pages = [...devices.listing.pages, ...paging.inSmallPages.pages];
    const at = paging.inSmallPages.pages.at(-1)?.id ?? devices.listing.pages[0]?.id;
    const twice = new Set(whole).size < whole.length;
    const failure = twice ? difference([], whole) : difference(whole, paged);
    if (failure && at) return { outcome: "fail", failures: [{ at, ...failure }] };
    return judgeEach(
      whole.length === 0 ? [] : pages.map(({ id }) => ({ at: id })),
      "no device was listed",
      () => null,
    );
  }),

  check("PAGE-002", LISTINGS, (evidence) =>
    judgeEach(
      listingsOf(evidence).flatMap((listing) =>
        listing.pages.map((page) => ({ at: page.id, page, listing, last: page === listing.pages.at(-1) })),
      ),
      "nothing was listed",
      ({ page, listing, last }) => {
        const unreadable = notAnAnswer(page);
        if (unreadable) return unreadable;
        const wrong = invalid(anyPageSchema, objectOf(page));
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
            }
          : null;
      },
    ),
  ),

  check("PAGE-003", ["devices", "paging"], ({ devices, paging }) =>
    judgeEach(
      readablePages([devices.listing, paging.inSmallPages]),
      "no page could be read",
      ({ listing: { limit }, body }) => {
        const items = body?.["data"];
        const count = Array.isArray(items) ? items.length : 0;
        return limit === null || count <= limit
          ? null
          : { where: "/data", expected: `at most ${limit} devices`, actual: `${count}` };
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
            expected: "400 or 410",
            actual: answered(madeUpCursor),
            hint: "A poller that is handed page one again for a bad cursor never ends, or takes half an inventory for all of it.",
          },
    ),
  ),

  check("PAGE-006", LISTINGS, (evidence) => {
    const complete = listingsOf(evidence).filter(({ end }) => end === "last_page");
    const named = readablePages(complete).flatMap(({ at, listing, body }) => {
      const total = memberOf(body, "snapshot")?.["total_count"];
      return typeof total === "number" ? [{ at, listing, total }] : [];
    });
    const listed = (listing: Listing) =>
      readablePages([listing]).reduce(
        (sum, { body }) => sum + ((body?.["data"] as unknown[])?.length ?? 0),
        0,
      );
    if (named.length === 0) {
      // The member is optional: pages that leave it out promise nothing that could be wrong.
      return judgeEach(readablePages(complete), "no listing could be read to its end", () => null);
    }
    return judgeEach(named, "", ({ listing, total }) =>
      total === listed(listing)
        ? null
        : {
            where: "/snapshot/total_count",
            expected: `${listed(listing)}, the number of entries that the pages have`,
            actual: `${total}`,
          },
    );
  }),

  check("PAGE-007", ["paging"], ({ paging }) => judgeStatus(paging.badLimits, 400)),
];
