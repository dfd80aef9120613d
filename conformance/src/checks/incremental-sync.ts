import { isDeepStrictEqual } from "node:util";
import { deviceSchema, removedDeviceSchema } from "@convergint/schemas";
import type { SyncChange } from "../evidence/change-evidence.ts";
import type { Evidence } from "../evidence/evidence.ts";
import type { Exchange, Listing } from "../evidence/exchange.ts";
import { type Item, isObject, isSuccess, itemsOf, objectOf, textOf } from "../evidence/read.ts";
import { check } from "./check.ts";
import { type Failure, judgeEach, type Problem, show } from "./finding.ts";
import { NOWHERE_TO_MOVE } from "./installations.ts";
import { describeResponse, findUnusableResponse, judgeStatus } from "./judge-response.ts";
import { findSchemaFailure } from "./schema-failures.ts";

/**
 * Returns the successful changes of these kinds, each with the first page of the listing that followed it.
 */
const findSuccessful = ({ changes }: Evidence["sync"], ...kinds: readonly SyncChange["kind"][]) =>
  changes.flatMap((change) => {
    const [page] = change.since.pages;
    // Another requirement reports a listing that cannot be read to its end.
    const isWhole = change.since.end === "last_page" || (page && findUnusableResponse(page) !== null);
    return page && isWhole && isSuccess(change.command) && kinds.includes(change.kind)
      ? [{ at: page.id, page, change }]
      : [];
  });

const findItems = ({ deviceId, since }: SyncChange): readonly Item[] =>
  itemsOf(since).filter(({ value }) => isObject(value) && value["device_id"] === deviceId);

/** Returns why a listing does not contain a device exactly once, in its current state. */
function findListedProblem(change: SyncChange, page: Exchange): Problem | null {
  const unreadable = findUnusableResponse(page);
  if (unreadable) return unreadable;
  const verbs = {
    status: "changed its status",
    added: "was added",
    moved: "stopped matching the filter",
    removed: "",
  };
  const [item, again] = findItems(change);
  const expected = `the device ${change.deviceId}, which ${verbs[change.kind]} after the token was issued`;
  if (!item) {
    return {
      expected,
      actual: `${itemsOf(change.since).length} devices, but not this one`,
      hint: "Give every change a number, including changes of status. With each device, store the number of its latest change. List the devices whose number is higher than the number in the token.",
    };
  }
  if (again)
    return {
      where: again.pointer,
      expected: `exactly one entry for ${expected}`,
      actual: "the device is listed twice",
      hint: "List devices, not changes. Each changed device is then listed once, if you store only the number of its latest change.",
    };
  const whole = findSchemaFailure(deviceSchema, item.value, item.pointer);
  if (whole)
    return {
      ...whole,
      hint: `List the complete record, as in a listing without \`since\`. ${whole.hint}`,
    };
  const now = objectOf(change.lookedUp);
  const name = ["status", "site_id"].find(
    (member) => isObject(item.value) && item.value[member] !== now?.[member],
  );
  return name === undefined
    ? null
    : {
        where: `$item.pointer/${name}`,
        expected: `${show(now?.[name])}, as in the device's current state`,
        actual: show(isObject(item.value) ? item.value[name] : undefined),
        hint: "List each device in its current state, not in its state at the time of the change.",
      };
}

/** Returns what is wrong with the sync tokens of a listing's pages. */
function findMisplacedToken({ pages, end }: Listing): Failure | null {
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
        hint: "Return sync_token on the last page of every device listing, including listings with a filter or with since.",
      };
    }
    if (!isLast && token !== undefined && token !== null) {
      return {
        at: page.id,
        where: "/sync_token",
        expected: "no token before the last page",
        actual: "a token",
        hint: "Return sync_token only on the last page. A consumer that continues from an earlier token misses the changes on the remaining pages.",
      };
    }
  }
  return null;
}

/** Returns a failure if unchanged devices were listed as changed every time the suite asked. */
function findUnchangedListed({ full, unchanged }: Evidence["sync"]): Problem | null {
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
    expected: "no devices, because nothing has changed",
    actual: `${items.length} devices, including this unchanged one`,
    hint: "List only devices whose change number is higher than the number in the token. Put the number of the last listed change into the next token.",
  };
}

const NO_TOKEN = "the listing of all devices has no sync_token to continue from; see SYNC-001";

const NOTHING_CHANGES =
  "no device was changed; see SBX-001, and pass --trigger-cmd if the manifest declares no sandbox control";

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
    return judgeEach(subjects, "no listing of devices was readable", ({ listing }) =>
      findMisplacedToken(listing),
    );
  }),

  check("SYNC-002", ["sync"], ({ sync }) =>
    judgeEach(
      findSuccessful(sync, "status", "added"),
      sync.unchanged.length === 0 ? NO_TOKEN : NOTHING_CHANGES,
      ({ change, page }) => findListedProblem(change, page),
    ),
  ),

  check("SYNC-003", ["sync"], ({ sync }) => {
    const none = "no device was removed after a listing with a token; see SYNC-001 and SBX-006";
    return judgeEach(findSuccessful(sync, "removed"), none, ({ change, page }) => {
      const unreadable = findUnusableResponse(page);
      if (unreadable) return unreadable;
      const [item] = findItems(change);
      return item
        ? findSchemaFailure(removedDeviceSchema, item.value, item.pointer)
        : {
            expected: `the tombstone of device ${change.deviceId}, which was removed after the token was issued`,
            actual: `${itemsOf(change.since).length} entries, but none for that device`,
            hint: "Keep a record of each removed device for tombstone_days and list it as a tombstone. Without the tombstone, the consumer shows the device forever.",
          };
    });
  }),

  check("SYNC-006", ["sync"], ({ sync: { madeUp, ofOtherFilters } }) =>
    judgeStatus(
      [madeUp, ...(ofOtherFilters ? [ofOtherFilters] : [])],
      [400, 410],
      "Before you list anything, check that the token was issued for this tenant and these filters. A consumer assumes that the response contains every change.",
    ),
  ),

  check("SYNC-007", ["sync"], ({ sync }) => {
    const last = sync.unchanged.at(-1)?.pages[0];
    return judgeEach(last ? [{ at: last.id, last }] : [], NO_TOKEN, ({ last: page }) => {
      if (page.response?.status !== 200) {
        return {
          expected: "200 with empty data and a sync_token, because nothing has changed",
          actual: describeResponse(page),
          hint: "Answer 200 with no devices and a new sync_token when nothing has changed.",
        };
      }
      // SYNC-001 reports a missing token.
      return findUnusableResponse(page) ?? findUnchangedListed(sync);
    });
  }),

  check("SYNC-008", ["sync"], ({ sync }) => {
    const none = sync.unchanged.length === 0 ? NO_TOKEN : NOWHERE_TO_MOVE;
    return judgeEach(findSuccessful(sync, "moved"), none, ({ change, page }) =>
      findListedProblem(change, page),
    );
  }),
];
