import { pageSchema, snapshotSchema, sortableTimestamp, timestampSchema } from "@convergint/schemas";
import { z } from "zod";
import type { Evidence } from "../evidence/evidence.ts";
import type { Exchange, Listing } from "../evidence/exchange.ts";
import { boundsOf, type ListingBetween } from "../evidence/listing-between.ts";
import {
  endOf,
  entriesOf,
  type IdName,
  identityOf,
  idsOf,
  isFromAfter,
  itemsOf,
  type JsonObject,
  memberOf,
  objectOf,
  textOf,
} from "../evidence/read.ts";
import { check } from "./check.ts";
import { isOffline } from "./devices.ts";
import { type Finding, judgeEach, judgeMixed, LAGS, type Problem, show } from "./finding.ts";
import { describeResponse, findUnusableResponse, judgeStatus } from "./judge-response.ts";
import { findSchemaFailure } from "./schema-failures.ts";

/** Validates a page without its items, because other requirements judge the items. */
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
  ...(paging.between?.byDefault ? [paging.between.byDefault.listing] : []),
  ...(paging.singles ? [paging.singles] : []),
];

/** Returns the readable pages, each with its listing. */
const readablePages = (listings: readonly Listing[]) =>
  listings.flatMap((listing) =>
    listing.pages
      .filter((page) => findUnusableResponse(page) === null)
      .map((page) => ({ at: page.id, page, listing, body: objectOf(page) })),
  );

/** Returns the identity of each entry that has an id. INV-009 reports an id that is not unique. */
function identitiesOf(listing: Listing, name: IdName) {
  return entriesOf(listing).flatMap(({ value }) => {
    const id = textOf(value, name);
    return id === null ? [] : [{ id, identity: identityOf(value) }];
  });
}

type Entries = ReturnType<typeof identitiesOf>;

const findFirstTwice = (entries: Entries) => {
  const seen = new Set<string>();
  return entries.find(({ identity }) => seen.size === seen.add(identity).size);
};

/**
 * Returns a failure for the first entry that is listed twice, or whose presence in the listing differs from
 * both readings of the whole inventory, before and after the listing; `null` if there is no such entry.
 */
function findDifference(between: ListingBetween, name: IdName): Problem | null {
  const { listing, before } = between;
  const isWhole = listing.end === "last_page";
  const listed = identitiesOf(listing, name);
  const twice = (isWhole ? findFirstTwice(identitiesOf(before, name)) : undefined) ?? findFirstTwice(listed);
  if (twice) {
    return {
      expected: "every entry once",
      actual: `${show(twice.id)} is listed twice`,
      hint: "Sort by a unique key, and start each page after the last entry of the previous page: WHERE id > last, not >=.",
    };
  }
  // If the suite stopped reading early, only the pages that were read can be judged.
  if (!isWhole) return null;
  const { required, allowed } = boundsOf(between, name, (whole) => idsOf(whole, name));
  const ids = new Set(listed.map(({ id }) => id));
  const skipped = [...required].find((id) => !ids.has(id));
  const extra = listed.find(({ id }) => !allowed.has(id));
  if (skipped === undefined && !extra) return null;
  return {
    expected: "the same entries for every limit",
    actual:
      skipped === undefined
        ? `${show(extra?.id)} is missing when read ${describePages(before)}`
        : `${show(skipped)} is missing when read ${describePages(listing)}`,
    hint: "Sort by a unique key and continue after the last entry returned. An offset skips entries when rows move. If something else adds or removes entries in this tenant all the time, use a tenant in which nothing else changes.",
  };
}

const FUTURE_TOLERANCE_MS = 5 * 60 * 1000;

/**
 * Returns a problem if a page describes a moment after its response, according to both the vendor's clock and
 * the suite's clock.
 */
function findFutureMoment(page: Exchange, asOf: string | null): Problem | null {
  if (!timestampSchema.safeParse(asOf).success) return null;
  const date = Date.parse(page.response?.headers["date"] ?? "");
  const answeredAt = Math.max(endOf(page), Number.isNaN(date) ? 0 : date);
  return Date.parse(String(asOf)) <= answeredAt + FUTURE_TOLERANCE_MS
    ? null
    : {
        where: "/snapshot/as_of",
        expected: `a time that is not in the future; the response was sent at ${new Date(answeredAt).toISOString()}`,
        actual: show(asOf),
        hint: "Set as_of to the moment, in UTC, at which you read the inventory. If as_of is in the future, and a device has no status_observed_at, the listed status overrides the device's events until as_of has passed.",
      };
}

/** Returns a problem if a listing that describes a moment after a change does not show the change. */
function findUnshownChange(deviceId: string | null, command: Exchange, listing: Listing): Problem | null {
  const entry = entriesOf(listing).find(({ value }) => value["device_id"] === deviceId);
  if (!isFromAfter(command, listing) || entry?.value["status"] === "offline") return null;
  const asOf = textOf(memberOf(listing.pages[0] ? objectOf(listing.pages[0]) : null, "snapshot"), "as_of");
  return {
    where: entry ? `${entry.pointer}/status` : "/data",
    expected: `device ${deviceId} "offline", because it was taken offline before ${show(asOf)}, the as_of of this listing`,
    actual: entry ? show(entry.value["status"]) : "the device is not listed",
    hint: "Set as_of to the moment of the data that you list. If the listing comes from a cache, an index or a replica, that moment is earlier than the moment of the response.",
  };
}

/** Reads a member of a snapshot. Two notations of one moment give the same result. */
function momentIn(snapshot: JsonObject | null, name: string): string | null {
  const text = textOf(snapshot, name);
  return name === "as_of" && text !== null ? sortableTimestamp(text) : text;
}

const pathOf = ({ pages: [page] }: Listing): string => new URL(page?.request.url ?? "none:").pathname;

/** Describes how a listing was read. */
const describePages = ({ limit }: Listing): string =>
  limit === null ? "without a limit" : `with limit=${limit}`;

/** The number of items on a page without `limit`. */
const DEFAULT_LIMIT = 100;

const listLength = (body: JsonObject | null): number => {
  const items = body?.["data"];
  return Array.isArray(items) ? items.length : 0;
};

/**
 * Returns how many pages a listing took and how many it may take, if it took too many; `null` otherwise.
 *
 * @see spec/1.0/contract.md#pagination
 */
function findTooManyPages(listing: Listing, maxPageSize: number) {
  const limit = Math.min(maxPageSize, listing.limit ?? DEFAULT_LIMIT);
  const most = 2 * Math.ceil(itemsOf(listing).length / limit) + 1;
  return listing.end === "last_page" && listing.pages.length > most
    ? { took: listing.pages.length, most, limit }
    : null;
}

export const paginationChecks = [
  check("PAGE-001", LISTINGS, ({ orgs, sites, devices, paging }) => {
    const { between, singles, inSmallPages, sitesInSmallPages, orgsInSmallPages } = paging;
    const around = ({ listing: whole }: Evidence["devices"], listing: Listing) => ({
      listing,
      before: whole,
      after: whole,
    });
    const ofDevices = between?.devices ?? around(devices, inSmallPages);
    const readings = [
      { ...ofDevices, name: "device_id" },
      { ...(between?.sites ?? around(sites, sitesInSmallPages)), name: "site_id" },
      { ...(between?.orgs ?? around(orgs, orgsInSmallPages)), name: "org_id" },
      ...(between?.byDefault ? [{ ...between.byDefault, name: "device_id" } as const] : []),
      ...(singles ? [{ ...ofDevices, listing: singles, name: "device_id" } as const] : []),
    ] as const;
    // PAGE-002 reports a listing that was not read to its end.
    const complete = readings.filter(
      ({ before, after, listing }) =>
        [before, after].every(({ end }) => end === "last_page") &&
        ["last_page", "stopped"].includes(listing.end),
    );
    return judgeEach(
      complete.flatMap(({ name, ...each }) => {
        const at = each.listing.pages.at(-1)?.id;
        return at === undefined || identitiesOf(each.before, name).length === 0
          ? []
          : [{ at, name, between: each }];
      }),
      "no listing was read to its end; see PAGE-002",
      ({ name, between: each }) => findDifference(each, name),
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
            expected: "a cursor, or null on the last page",
            hint: "Send next_cursor on every page, with null on the last page. Check that your serializer does not omit null members.",
          };
        }
        if (wrong) return wrong;
        if (last && listing.end === "repeated_cursor") {
          return {
            where: "/next_cursor",
            expected: "null on the last page",
            actual: `${show(objectOf(page)?.["next_cursor"])}, a cursor that an earlier page already had`,
            hint: "Compute next_cursor from the last entry of each page, and return null on the last page. A client that follows this cursor never finishes.",
          };
        }
        return last && listing.end === "too_many_pages"
          ? {
              where: "/next_cursor",
              expected: "a page with next_cursor null",
              actual: `no such page among the first ${listing.pages.length}`,
              hint: "Compute the cursor from the last entry of the page, and return null when no entry follows.",
            }
          : null;
      },
    ),
  ),

  check("PAGE-003", LISTINGS, (evidence) =>
    judgeEach(readablePages(listingsOf(evidence)), "no page was readable", ({ listing, body }) => {
      const limit = listing.limit ?? DEFAULT_LIMIT;
      const count = listLength(body);
      return count <= limit
        ? null
        : {
            where: "/data",
            expected: `at most ${limit} entries, the ${listing.limit === null ? "default" : "requested"} limit`,
            actual: `${count} entries`,
            hint: "Apply limit to orgs, sites and devices alike, and return a next_cursor for the rest. Without limit, a page has at most 100 entries.",
          };
    }),
  ),

  check("PAGE-004", LISTINGS, ({ changingInventory, ...evidence }) => {
    const changing = changingInventory ? [changingInventory.listing] : [];
    const pages = readablePages([...listingsOf(evidence), ...changing]);
    return judgeEach(pages, "no page was readable", ({ listing, body }) => {
      const first = memberOf(listing.pages[0] ? objectOf(listing.pages[0]) : null, "snapshot");
      const own = memberOf(body, "snapshot");
      // PAGE-002 reports a page without a valid snapshot.
      if (!snapshotSchema.safeParse(first).success || !snapshotSchema.safeParse(own).success) return null;
      for (const name of ["id", "as_of"]) {
        if (momentIn(own, name) !== momentIn(first, name)) {
          return {
            where: `/snapshot/${name}`,
            expected: `${show(first?.[name])}, as on page one`,
            actual: show(own?.[name]),
            hint: "Choose the snapshot when you build page one, and put the snapshot into the cursor. Repeat it on the next pages, even if the data changes while they are read.",
          };
        }
      }
      return null;
    });
  }),

  check("PAGE-005", ["paging"], ({ paging: { madeUpCursor, badCursors = [] } }) =>
    judgeEach(
      [madeUpCursor, ...badCursors].map((exchange) => ({ at: exchange.id, exchange })),
      "",
      ({ exchange }) =>
        [400, 410].includes(exchange.response?.status ?? 0)
          ? null
          : {
              expected: `400 or 410, for: ${exchange.purpose}`,
              actual: describeResponse(exchange),
              hint: "Accept a cursor only for the listing and filters that you issued it for: sign the cursor together with both. If you answer a bad cursor with page one, a client loops forever or mistakes a part of the inventory for the whole.",
            },
    ),
  ),

  check("PAGE-006", LISTINGS, (evidence) => {
    const complete = listingsOf(evidence).filter(({ end }) => end === "last_page");
    const named = complete.flatMap((listing) => {
      const listed = itemsOf(listing).length;
      const pathname = pathOf(listing);
      return readablePages([listing]).flatMap(({ at, body }) => {
        const total = memberOf(body, "snapshot")?.["total_count"];
        return typeof total === "number"
          ? [{ at, listed, total, pathname, pages: listing.pages.length }]
          : [];
      });
    });
    if (named.length === 0) {
      // The member is optional, so pages without it pass.
      return judgeEach(readablePages(complete), "no listing was read to its end", () => null);
    }
    // A listing may change while its pages are read. So a wrong count is accepted if another reading in
    // several pages has the right count.
    const isRight = (pathname: string) =>
      named.some((each) => each.pathname === pathname && each.pages > 1 && each.total === each.listed);
    return judgeEach(named, "", ({ listed, total, pathname }) =>
      total === listed || isRight(pathname)
        ? null
        : {
            where: "/snapshot/total_count",
            expected: `${listed}, the number of entries on the pages`,
            actual: `${total}`,
            hint: "Count all entries that match the query before you split them into pages, or leave out total_count.",
          },
    );
  }),

  check("PAGE-007", ["paging"], ({ paging }) =>
    judgeStatus(
      paging.badLimits,
      [400],
      "Answer 400 to a limit that is not an integer of at least 1. Using the default instead hides the caller's mistake.",
    ),
  ),

  check("PAGE-008", ["devices", "limits"], ({ devices, limits }) => {
    const { maxPageSize, atMaximum, aboveMaximum, repeated = [], others = [] } = limits;
    const tooMany = findTooManyPages(devices.listing, maxPageSize);
    const sizes = [aboveMaximum, ...repeated].map((page) => listLength(objectOf(page)));
    const largest = listLength(objectOf(atMaximum));
    return judgeEach(
      [atMaximum, aboveMaximum, ...others].map((page) => ({ at: page.id, page })),
      "",
      ({ page }) => {
        const unreadable = findUnusableResponse(page);
        if (unreadable) {
          return {
            ...unreadable,
            hint: `The manifest's max_page_size is ${maxPageSize}. Accept this limit. Treat a larger limit as ${maxPageSize} instead of refusing the request.`,
          };
        }
        const count = listLength(objectOf(page));
        if (count > maxPageSize) {
          return {
            where: "/data",
            expected: `at most ${maxPageSize} entries, the manifest's max_page_size`,
            actual: `${count}`,
            hint: "Use the smaller of limit and max_page_size, or raise max_page_size in the manifest if larger pages are intended.",
          };
        }
        if (page === aboveMaximum && repeated.length > 0 && sizes.every((size) => size <= DEFAULT_LIMIT)) {
          return {
            where: "/data",
            expected: `${largest} entries, as with limit=${maxPageSize}, or slightly fewer`,
            actual: `${sizes.join(", then ")}`,
            hint: `Treat a limit above ${maxPageSize} as ${maxPageSize}, not as the default.`,
          };
        }
        return page === atMaximum && tooMany !== null
          ? {
              where: "/data",
              expected: `at most ${tooMany.most} pages for ${itemsOf(devices.listing).length} devices with limit=${tooMany.limit}`,
              actual: `${tooMany.took} pages`,
              hint: "Apply the requested limit, up to the manifest's max_page_size. Pages may be shorter than the limit. However, if full pages would need n pages, the listing must not have more than 2n + 1.",
            }
          : null;
      },
    );
  }),

  check(
    "PAGE-009",
    ["devices", "changingInventory"],
    ({
      devices,
      changingInventory: { listing, passing, moved, before, lookups = [], commands },
    }): Finding => {
      const [page] = listing.pages;
      const [added] = commands;
      const known = idsOf(before ?? devices.listing, "device_id");
      if (before && added && !known.includes(moved) && !isFromAfter(added, before)) {
        return { outcome: "could-not-run", reason: LAGS };
      }
      const times = new Map<string, number>();
      for (const id of idsOf(listing, "device_id")) times.set(id, (times.get(id) ?? 0) + 1);
      // Another user of the tenant may have removed a device during the listing.
      const gone = lookups.filter(({ exchange }) => exchange.response?.status === 404);
      const absent = new Set([...passing, ...gone.map(({ deviceId }) => deviceId)]);
      const throughout = [...known, moved].filter((id) => !absent.has(id));
      return judgeEach(
        page && listing.end === "last_page" ? [{ at: page.id }] : [],
        "the listing was not read to its end; see PAGE-001",
        () => {
          const wrong = throughout.find((id) => times.get(id) !== 1);
          if (wrong === undefined) return null;
          const what =
            wrong === moved
              ? "which was moved during the listing"
              : "which was present during the whole listing";
          return {
            expected: `exactly one entry for device ${wrong}, ${what}`,
            actual: times.has(wrong) ? "the device is listed twice" : "the device is missing",
            hint: "Sort by a key that never changes. Start each page after the last id of the previous page, not at an offset. Additions and removals shift an offset. A device whose sort key changes is listed twice or not at all.",
          };
        },
      );
    },
  ),

  check(
    "PAGE-011",
    [...LISTINGS, "outOfContact"],
    ({ outOfContact: { deviceId, command, listing, rounds }, ...evidence }): Finding => {
      const ahead = readablePages(listingsOf(evidence)).map(({ at, page, body }) => ({
        at,
        find: () => findFutureMoment(page, textOf(memberOf(body, "snapshot"), "as_of")),
      }));
      const isStillOffline = rounds.at(-1)?.some((each) => each.deviceId === deviceId && isOffline(each));
      const isChanged =
        command !== null && textOf(objectOf(command), "status") === "offline" && isStillOffline === true;
      const last = listing?.pages.at(-1);
      const isDriven =
        isChanged &&
        last !== undefined &&
        listing?.end === "last_page" &&
        findUnusableResponse(last) === null;
      const shown = isDriven
        ? [{ at: last.id, find: () => findUnshownChange(deviceId, command, listing) }]
        : [];
      const finding = judgeMixed([...ahead, ...shown], "no page was readable");
      return finding.outcome === "pass" && !isDriven
        ? {
            ...finding,
            unseen:
              "The suite could change no device, so it did not see whether a listing includes every change before its as_of.",
          }
        : finding;
    },
  ),
];
