import { isDeepStrictEqual } from "node:util";
import { deviceSchema, removedDeviceSchema } from "@convergint/schemas";
import type { SyncChange } from "../evidence/change-evidence.ts";
import type { Evidence } from "../evidence/evidence.ts";
import type { Exchange, Listing } from "../evidence/exchange.ts";
import { type Item, isObject, itemsOf, objectOf, textOf } from "../evidence/read.ts";
import { check } from "./check.ts";
import { type Failure, judgeEach, show } from "./finding.ts";
import { NOWHERE_TO_MOVE } from "./installations.ts";
import { describeResponse, findUnusableResponse, judgeStatus } from "./judge-response.ts";
import { findSchemaFailure } from "./schema-failures.ts";

type Wrong = Omit<Failure, "at"> | null;

const isMade = ({ command: { response } }: SyncChange) =>
  response !== null && response.status >= 200 && response.status < 300;

/** The changes of these kinds that were truly made, each with the first page of what was listed after it. */
const madeIn = ({ changes }: Evidence["sync"], ...kinds: readonly SyncChange["kind"][]) =>
  changes.flatMap((change) => {
    const [page] = change.since.pages;
    // What keeps a listing from being read to its end is another requirement's matter.
    const isWhole = change.since.end === "last_page" || (page && findUnusableResponse(page) !== null);
    return page && isWhole && isMade(change) && kinds.includes(change.kind)
      ? [{ at: page.id, page, change }]
      : [];
  });

const listedAs = ({ deviceId, since }: SyncChange): readonly Item[] =>
  itemsOf(since).filter(({ value }) => isObject(value) && value["device_id"] === deviceId);

/** What keeps a listing from having a device once, as it is now. */
function notAsItIs(change: SyncChange, page: Exchange): Wrong {
  const unreadable = findUnusableResponse(page);
  if (unreadable) return unreadable;
  const words = { status: "changed its status", added: "was added", moved: "left the filter", removed: "" };
  const [item, again] = listedAs(change);
  const expected = `the device ${change.deviceId}, which ${words[change.kind]} after the listing that gave the token`;
  if (!item) {
    return {
      expected,
      actual: `${itemsOf(change.since).length} devices, and not that one`,
      hint: "Count changes, give each device the number of its last one, and list those with a greater number than the token stands for; a change of status is one, too.",
    };
  }
  if (again)
    return {
      where: again.pointer,
      expected: `${expected}, once`,
      actual: "it is listed twice",
      hint: "Give each device the number of its last change alone: the devices have changed, and not the changes.",
    };
  const whole = findSchemaFailure(deviceSchema, item.value, item.pointer);
  if (whole)
    return {
      ...whole,
      hint: `List the whole record, as a listing without since does. ${whole.hint}`,
    };
  const now = objectOf(change.lookedUp);
  const name = ["status", "site_id"].find(
    (member) => isObject(item.value) && item.value[member] !== now?.[member],
  );
  return name === undefined
    ? null
    : {
        where: `${item.pointer}/${name}`,
        expected: `${show(now?.[name])}, as the device is now`,
        actual: show(isObject(item.value) ? item.value[name] : undefined),
        hint: "List each device as it is when it is asked, and not as it was when the change was written down.",
      };
}

/** What is wrong with the tokens of a listing's pages. */
function misplacedToken({ pages, end }: Listing): Failure | null {
  if (end !== "last_page") return null;
  for (const [index, page] of pages.entries()) {
    const token = objectOf(page)?.["sync_token"];
    const isLast = index === pages.length - 1;
    if (isLast && (typeof token !== "string" || token === "")) {
      return {
        at: page.id,
        where: "/sync_token",
        expected: "a token on the last page",
        actual: show(token),
        hint: "Give it with every listing of devices, those with a filter and those with since included.",
      };
    }
    if (!isLast && token !== undefined && token !== null) {
      return {
        at: page.id,
        where: "/sync_token",
        expected: "none before the last page",
        actual: "a token",
        hint: "Who goes on from a token without having read all pages misses what was on the rest.",
      };
    }
  }
  return null;
}

/** What was listed though it is as it was when the listing before was read, each time it was asked. */
function listedUnchanged({ full, unchanged }: Evidence["sync"]): Wrong {
  const known = new Map(
    itemsOf(full).map(({ value }) => [textOf(isObject(value) ? value : null, "device_id"), value]),
  );
  const last = unchanged.at(-1);
  const items = last ? itemsOf(last) : [];
  const same = items.find(({ value }) =>
    isDeepStrictEqual(value, known.get(textOf(isObject(value) ? value : null, "device_id"))),
  );
  if (items.length === 0 || !same) return null;
  return {
    where: same.pointer,
    expected: "nothing, when nothing has changed",
    actual: `${items.length} devices, this one as it was before`,
    hint: "List what has a greater number than the token stands for, and give as the next token the number of the last change that was listed.",
  };
}

/** Why nothing was asked for. */
const NO_TOKEN = "the listing of all devices has no sync_token to go on from; see SYNC-001";

const NOTHING_CHANGES =
  "no device was changed: see SBX-001, and give --trigger-cmd where the manifest declares no sandbox control";

export const incrementalSyncChecks = [
  check("SYNC-001", ["devices", "paging", "filters", "sync"], ({ devices, paging, filters, sync }) => {
    const listings = [
      devices.listing,
      paging.inSmallPages,
      ...[...filters.bySite, ...filters.byOrg].map(({ listing }) => listing),
      sync.full,
      ...sync.unchanged,
      ...sync.changes.map(({ since }) => since),
    ];
    const subjects = listings.flatMap((listing) => {
      const page = listing.pages.at(-1);
      return page && findUnusableResponse(page) === null ? [{ at: page.id, listing }] : [];
    });
    return judgeEach(subjects, "no listing of devices was answered", ({ listing }) =>
      misplacedToken(listing),
    );
  }),

  check("SYNC-002", ["sync"], ({ sync }) =>
    judgeEach(
      madeIn(sync, "status", "added"),
      sync.unchanged.length === 0 ? NO_TOKEN : NOTHING_CHANGES,
      ({ change, page }) => notAsItIs(change, page),
    ),
  ),

  check("SYNC-003", ["sync"], ({ sync }) => {
    const none = "no device was removed after a listing with a token; see SYNC-001 and SBX-006";
    return judgeEach(madeIn(sync, "removed"), none, ({ change, page }) => {
      const unreadable = findUnusableResponse(page);
      if (unreadable) return unreadable;
      const [item] = listedAs(change);
      return item
        ? findSchemaFailure(removedDeviceSchema, item.value, item.pointer)
        : {
            expected: `the tombstone of device ${change.deviceId}, which was removed after the listing that gave the token`,
            actual: `${itemsOf(change.since).length} entries, and none of that device`,
            hint: "Keep a row for what was removed, for as long as tombstone_days says: without it the device stays on the consumer's screen for ever.",
          };
    });
  }),

  check("SYNC-006", ["sync"], ({ sync: { madeUp, ofOtherFilters } }) =>
    judgeStatus(
      [madeUp, ...(ofOtherFilters ? [ofOtherFilters] : [])],
      [400, 410],
      "Look up which tenant and which filters a token was given for before anything is listed: a consumer takes the answer for all that has changed.",
    ),
  ),

  check("SYNC-007", ["sync"], ({ sync }) => {
    const last = sync.unchanged.at(-1)?.pages[0];
    return judgeEach(last ? [{ at: last.id, last }] : [], NO_TOKEN, ({ last: page }) => {
      if (page.response?.status !== 200) {
        return {
          expected: "200 with empty data and a sync_token, when nothing has changed",
          actual: describeResponse(page),
          hint: "Nothing new is an answer like any other: 200, no devices, and a token to go on from.",
        };
      }
      // A token that is not there is SYNC-001's matter.
      return findUnusableResponse(page) ?? listedUnchanged(sync);
    });
  }),

  check("SYNC-008", ["sync"], ({ sync }) => {
    const none = sync.unchanged.length === 0 ? NO_TOKEN : NOWHERE_TO_MOVE;
    return judgeEach(madeIn(sync, "moved"), none, ({ change, page }) => notAsItIs(change, page));
  }),
];
