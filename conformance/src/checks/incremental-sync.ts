import { isDeepStrictEqual } from "node:util";
import { deviceSchema, removedDeviceSchema } from "@convergint/schemas";
import type { SyncChange } from "../evidence/change-evidence.ts";
import type { Evidence } from "../evidence/evidence.ts";
import type { Exchange, Listing } from "../evidence/exchange.ts";
import {
  endOf,
  type Item,
  isFromAfter,
  isObject,
  isSuccess,
  itemsOf,
  objectOf,
  textOf,
} from "../evidence/read.ts";
import { check } from "./check.ts";
import {
  type Failure,
  type Finding,
  judgeAfterChange,
  judgeEach,
  judgeMixed,
  type Problem,
  show,
} from "./finding.ts";
import { NOWHERE_TO_MOVE } from "./installations.ts";
import { describeResponse, findUnusableResponse, judgeStatus } from "./judge-response.ts";
import { findSchemaFailure } from "./schema-failures.ts";

/**
 * Returns the successful changes of these kinds, each with the first page of the listing that followed it.
 */
const findSuccessful = (
  { sync, changingInventory }: Pick<Evidence, "sync"> & Partial<Evidence>,
  ...kinds: readonly SyncChange["kind"][]
) =>
  [...sync.changes, ...(changingInventory?.meanwhile ?? [])].flatMap((change) => {
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
    changed: "moved to another site",
    moved: "stopped matching the filter",
    removed: "",
  };
  const [item, again] = findItems(change);
  const filter = Object.entries(change.filter ?? {}).map(
    ([name, value]) => `, in the listing with ${name}=${value}`,
  );
  const expected = `the device ${change.deviceId}, which ${verbs[change.kind]} after the token was issued${filter}`;
  if (!item) {
    return {
      expected,
      actual: `${itemsOf(change.since).length} devices, but not this one`,
      hint: "Number all changes, including changes of status, and store with each device the number of its latest change. List the devices whose number is higher than the number in the token. Take the number for the token before you read page one, because devices may change while the later pages are read.",
    };
  }
  if (again)
    return {
      where: again.pointer,
      expected: `exactly one entry for ${expected}`,
      actual: "the device is listed twice",
      hint: "List devices, not changes. With each device, store only the number of its latest change, so that you list each changed device once.",
    };
  const whole = findSchemaFailure(deviceSchema, item.value, item.pointer);
  if (whole)
    return {
      ...whole,
      hint: `List the complete record, as in a listing without \`since\`. ${whole.hint}`,
    };
  const now = objectOf(change.lookedUp);
  const answered = objectOf(change.command);
  // The lookup and the listing may come from different replicas, so the command's response counts too.
  const name = ["status", "site_id"].find(
    (member) =>
      isObject(item.value) &&
      item.value[member] !== now?.[member] &&
      item.value[member] !== (answered?.[member] ?? now?.[member]),
  );
  return name === undefined
    ? null
    : {
        where: `${item.pointer}/${name}`,
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
        hint: "Return sync_token on the last page of every device listing, also of listings with a filter or with since.",
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

/** Returns a record without the time when it was written, because writing a record does not change a device. */
function contentOf(value: unknown): unknown {
  if (!isObject(value)) return value;
  const { updated_at: _, ...content } = value;
  return content;
}

/**
 * Returns a failure if every listing of changes contained devices that had not changed since the previous
 * listing. A single listing proves nothing, because a device may change and change back between two listings.
 */
function findUnchangedListed({ full, unchanged }: Evidence["sync"]): Problem | null {
  const idOf = ({ value }: Item) => textOf(isObject(value) ? value : null, "device_id");
  const known = new Map(itemsOf(full).map((item) => [idOf(item), item.value]));
  let found: Problem | null = null;
  for (const listing of unchanged) {
    const items = itemsOf(listing);
    const same = items.find((item) =>
      known.has(idOf(item))
        ? isDeepStrictEqual(contentOf(item.value), contentOf(known.get(idOf(item))))
        : isObject(item.value) && item.value["lifecycle"] === "removed",
    );
    if (!same) return null;
    found = {
      where: same.pointer,
      expected: "no devices, because nothing has changed",
      actual: `${items.length} devices, including this unchanged device`,
      hint: "Number all changes in order. List only devices whose latest change has a higher number than the number in the token. Put the number of the last listed change into the next token.",
    };
    for (const item of items) known.set(idOf(item), item.value);
  }
  return found;
}

/**
 * Returns a failure if a tombstone is listed again for the token of a listing that already contained the
 * tombstone.
 */
function findRepeatedTombstone(removal: SyncChange): Problem | null {
  const [item] = findItems(removal);
  return item
    ? {
        where: item.pointer,
        expected: `no tombstone of device ${removal.deviceId}, because the listing that issued the token already contained that tombstone`,
        actual: "the tombstone is listed again",
        hint: "Give a removal a change number like any other change, and list only removals whose number is higher than the number in the token.",
      }
    : null;
}

/** How far `removed_at` may be from the moment of the command: clocks differ. */
const REMOVAL_TOLERANCE_MS = 3_600_000;

/** Returns why a tombstone's time is not the time of the removal. */
function findRemovalTimeProblem({ command }: SyncChange, { value, pointer }: Item): Problem | null {
  const removedAt = textOf(isObject(value) ? value : null, "removed_at") ?? "";
  if (Math.abs(Date.parse(removedAt) - endOf(command)) <= REMOVAL_TOLERANCE_MS) return null;
  return {
    where: `${pointer}/removed_at`,
    expected: `the moment of the removal, which was commanded at ${command.startedAt}`,
    actual: show(removedAt),
    hint: "Store the time of each removal, in UTC, and send it as removed_at. A local time with a Z is hours off, and a default value is years off.",
  };
}

/** Tells whether a listing shows any effect of a command, correct or wrong. */
const showsChange = (change: SyncChange): boolean =>
  findItems(change).some(({ value }) => {
    const device = isObject(value) ? value : null;
    const now = objectOf(change.lookedUp);
    return change.kind === "removed"
      ? device?.["lifecycle"] === "removed"
      : device?.["status"] === now?.["status"] && device?.["site_id"] === now?.["site_id"];
  });

/** Judges changes, each by the first page of the listing that followed it. */
function judgeChanges(
  changes: ReturnType<typeof findSuccessful>,
  none: string,
  find: (change: SyncChange, page: Exchange) => Problem | null,
): Finding {
  return judgeAfterChange(
    changes.map(({ at, page, change }) => ({
      at,
      problem: find(change, page),
      isDue:
        change.since.end !== "last_page" || isFromAfter(change.command, change.since) || showsChange(change),
    })),
    none,
  );
}

const NO_TOKEN = "the listing of all devices has no sync_token to continue from; see SYNC-001";

const NOTHING_CHANGES =
  "no device was changed: the suite needs an online device with nothing behind it, and sandbox control (see SBX-001) or --trigger-cmd to change it";

export const incrementalSyncChecks = [
  check("SYNC-001", ["devices", "paging", "filters", "sync"], ({ devices, paging, filters, sync }) => {
    const listings = [
      devices.listing,
      paging.inSmallPages,
      ...[...filters.bySite, ...filters.byOrg, ...(filters.bySystem ?? [])].map(({ listing }) => listing),
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

  check("SYNC-002", ["sync"], ({ sync, ...evidence }) =>
    judgeChanges(
      findSuccessful({ sync, ...evidence }, "status", "added", "changed"),
      sync.unchanged.length === 0 ? NO_TOKEN : NOTHING_CHANGES,
      findListedProblem,
    ),
  ),

  check("SYNC-003", ["sync"], (evidence) => {
    const none = "no device was removed after a listing with a token; see SYNC-001 and SBX-006";
    return judgeChanges(findSuccessful(evidence, "removed"), none, (change, page) => {
      const unreadable = findUnusableResponse(page);
      if (unreadable) return unreadable;
      const [item] = findItems(change);
      if (!item) {
        return {
          expected: `the tombstone of device ${change.deviceId}, which was removed after the token was issued`,
          actual: `${itemsOf(change.since).length} entries, but none for that device`,
          hint: "Keep a record of each removed device for tombstone_days and list it as a tombstone, with and without filters. Include devices that were removed while the pages of the earlier listing were read. Without the tombstone, the consumer shows the device forever.",
        };
      }
      return (
        findSchemaFailure(removedDeviceSchema, item.value, item.pointer) ??
        findRemovalTimeProblem(change, item)
      );
    });
  }),

  check("SYNC-006", ["sync"], ({ sync: { madeUp, ofOtherFilters, misused = [] } }) =>
    judgeStatus(
      [madeUp, ...(ofOtherFilters ? [ofOtherFilters] : []), ...misused],
      [400, 410],
      "Before you list anything, check that the token was issued for this tenant and these filters. A consumer assumes that the response contains every change.",
    ),
  ),

  check("SYNC-007", ["sync"], ({ sync }) => {
    const last = sync.unchanged.at(-1)?.pages[0];
    const { afterwards } = sync;
    const [later] = afterwards && isSuccess(afterwards.command) ? afterwards.since.pages : [];
    return judgeMixed(
      [
        ...(last
          ? [
              {
                at: last.id,
                find: () => {
                  if (last.response?.status === 200) {
                    // SYNC-001 reports a missing token.
                    return findUnusableResponse(last) ?? findUnchangedListed(sync);
                  }
                  return {
                    expected: "200 with empty data and a sync_token, because nothing has changed",
                    actual: describeResponse(last),
                    hint: "Answer 200 with no devices and a new sync_token when nothing has changed.",
                  };
                },
              },
            ]
          : []),
        ...(afterwards && later ? [{ at: later.id, find: () => findRepeatedTombstone(afterwards) }] : []),
      ],
      NO_TOKEN,
    );
  }),

  check("SYNC-008", ["sync"], ({ sync }) => {
    const none = sync.unchanged.length === 0 ? NO_TOKEN : NOWHERE_TO_MOVE;
    return judgeChanges(findSuccessful({ sync }, "moved"), none, findListedProblem);
  }),
];
