import { DEVICE, event, ORG, SITE, SNAPSHOT, TOMBSTONE } from "./payloads/samples.ts";

/** One response of the vendor: the page for a cursor. */
interface Answer {
  /** The requested cursor; null for page one. */
  readonly cursor: string | null;
  readonly page: object;
}

/** The kinds of listing; `device_changes` is the listing of devices with `since`. */
type Listing = "orgs" | "sites" | "devices" | "device_changes" | "events";

/** A listing as the vendor returns it, and the conclusion that a reader must draw. */
type Walk = {
  readonly name: string;
  readonly listing: Listing;
  readonly answers: readonly Answer[];
} & (
  | {
      readonly conclusion: "complete";
      readonly ids: readonly string[];
      readonly removed_ids?: readonly string[];
      readonly sync_token?: string;
    }
  | {
      readonly conclusion: "broken";
      readonly code: string;
      readonly requirement: string;
      readonly explanation: string;
    }
);

/** Builds a device with this id. */
const device = (id: string) => ({ ...DEVICE, device_id: id });
const tombstone = (id: string) => ({ ...TOMBSTONE, device_id: id });
const site = (id: string) => ({ ...SITE, site_id: id });
/** Builds an event with this id. */
const happened = (id: string) => ({
  ...event("device.heartbeat", { device_id: "cam_1", status: "online", last_seen_at: SNAPSHOT.as_of }),
  id,
});

/** Builds a page of a listing, with its next cursor. */
const page = (data: readonly object[], next_cursor: string | null, changes: object = {}) => ({
  data,
  next_cursor,
  snapshot: SNAPSHOT,
  ...changes,
});
/** Builds the `changes` of a page that set its `total_count`. */
const counted = (total_count: number | null) => ({ snapshot: { ...SNAPSHOT, total_count } });

/** Chains pages: each page answers the cursor that the previous page returned. */
const chain = (...pages: readonly { readonly next_cursor: string | null }[]): readonly Answer[] =>
  pages.map((each, index) => ({ cursor: pages[index - 1]?.next_cursor ?? null, page: each }));

/** Builds the case of a complete listing, with the ids of its items. */
const complete = (
  name: string,
  listing: Listing,
  answers: readonly Answer[],
  ids: readonly string[],
  more: { readonly removed_ids?: readonly string[]; readonly sync_token?: string } = {},
): Walk => ({ name, listing, answers, conclusion: "complete", ids, ...more });

/** Builds the case of a broken listing, with the reason. */
const broken = (
  name: string,
  listing: Listing,
  answers: readonly Answer[],
  [code, requirement, explanation]: readonly [code: string, requirement: string, explanation: string],
): Walk => ({ name, listing, answers, conclusion: "broken", code, requirement, explanation });

/** Four devices. */
const [a, b, c, d] = [device("a"), device("b"), device("c"), device("d")];

/** Complete listings. */
export const COMPLETE: readonly Walk[] = [
  complete("one page", "devices", chain(page([a, b], null)), ["a", "b"]),
  complete("no device at all", "devices", chain(page([], null, counted(0))), []),
  complete(
    "three pages",
    "devices",
    chain(page([a, b], "2", counted(4)), page([c], "3", counted(4)), page([d], null, counted(4))),
    ["a", "b", "c", "d"],
  ),
  complete(
    "a short page in the middle, which is not the end",
    "devices",
    chain(page([a, b], "2"), page([c], "3"), page([d], null)),
    ["a", "b", "c", "d"],
  ),
  complete(
    "empty pages in the middle, which are not the end",
    "devices",
    chain(page([a], "2"), page([], "3"), page([], "4"), page([b], null)),
    ["a", "b"],
  ),
  complete("an empty page at the beginning", "devices", chain(page([], "2"), page([a], null)), ["a"]),
  complete("an empty page at the end", "devices", chain(page([a], "2"), page([], null)), ["a"]),
  complete(
    "a total that only the last page has",
    "devices",
    chain(page([a], "2"), page([b], null, counted(2))),
    ["a", "b"],
  ),
  complete(
    "cursors that look like numbers, URLs and other strings",
    "devices",
    chain(page([a], "0"), page([b], "null"), page([c], "/v1/devices?cursor=ä&limit=1#x"), page([d], null)),
    ["a", "b", "c", "d"],
  ),
  complete(
    "ids that differ only in case",
    "devices",
    chain(page([device("A")], "2"), page([device("a")], null)),
    ["A", "a"],
  ),
  complete(
    "the same moment written with +00:00 on another page",
    "devices",
    chain(
      page([a], "2"),
      page([b], null, { snapshot: { ...SNAPSHOT, as_of: SNAPSHOT.as_of.replace("Z", "+00:00") } }),
    ),
    ["a", "b"],
  ),
  complete("orgs", "orgs", chain(page([ORG], null)), ["org_1"]),
  complete("sites over two pages", "sites", chain(page([site("s1")], "2"), page([site("s2")], null)), [
    "s1",
    "s2",
  ]),
  complete(
    "published events",
    "events",
    chain(page([happened("e1"), happened("e2")], "2"), page([happened("e3")], null)),
    ["e1", "e2", "e3"],
  ),
  complete(
    "two events with the same id and different sources",
    "events",
    chain(page([happened("e1"), { ...happened("e1"), source: "urn:example-campus:org:org_2" }], null)),
    ["e1", "e1"],
  ),
  complete(
    "a full listing that ends with a sync token",
    "devices",
    chain(page([a], "2"), page([b], null, { sync_token: "sync_1" })),
    ["a", "b"],
    {
      sync_token: "sync_1",
    },
  ),
  complete(
    "changes: devices and tombstones",
    "device_changes",
    chain(page([a, tombstone("x")], "2"), page([tombstone("y"), b], null, { sync_token: "sync_2" })),
    ["a", "b"],
    {
      removed_ids: ["x", "y"],
      sync_token: "sync_2",
    },
  ),
  complete(
    "changes: nothing has changed",
    "device_changes",
    chain(page([], null, { sync_token: "sync_3" })),
    [],
    {
      removed_ids: [],
      sync_token: "sync_3",
    },
  ),
];

const again = { snapshot: { ...SNAPSHOT, id: "snap_2" } };

/** Listings that a reader must not treat as complete. */
export const BROKEN: readonly Walk[] = [
  broken("another snapshot on page two", "devices", chain(page([a], "2"), page([b], null, again)), [
    "snapshot_changed",
    "PAGE-004",
    "Every page repeats the snapshot of page one.",
  ]),
  broken(
    "another as_of with the same snapshot id",
    "devices",
    chain(page([a], "2"), page([b], null, { snapshot: { ...SNAPSHOT, as_of: "2026-11-23T08:30:01Z" } })),
    ["snapshot_changed", "PAGE-004", "Every page repeats the id and as_of of page one."],
  ),
  broken("the same device on two pages", "devices", chain(page([a, b], "2"), page([b, c], null)), [
    "duplicate_item",
    "PAGE-001",
    "Offset pagination repeats one item for each item added on an earlier page.",
  ]),
  broken("the same device twice on one page", "devices", chain(page([a, a], null)), [
    "duplicate_item",
    "PAGE-001",
    "A listing contains every item exactly once.",
  ]),
  broken("page one again for an expired cursor", "devices", chain(page([a, b], "2"), page([a, b], "2b")), [
    "duplicate_item",
    "PAGE-010",
    "When a cursor has expired, the vendor answers 410, never with page one.",
  ]),
  broken(
    "fewer devices than total_count",
    "devices",
    chain(page([a], "2", counted(3)), page([b], null, counted(3))),
    [
      "count_mismatch",
      "PAGE-006",
      "A device was removed while the pages were read. As a result, another device is missing from the listing.",
    ],
  ),
  broken("more devices than total_count", "devices", chain(page([a, b], null, counted(1))), [
    "count_mismatch",
    "PAGE-006",
    "total_count is the number of items in the whole listing.",
  ]),
  broken(
    "a total of the page, not of the listing",
    "devices",
    chain(page([a, b], "2", counted(2)), page([c], null, counted(1))),
    ["count_mismatch", "PAGE-006", "total_count is the number of items in the whole listing."],
  ),
  broken(
    "more devices than the total_count of page one, with none on the last page",
    "devices",
    chain(page([a, b], "2", counted(1)), page([], null)),
    ["count_mismatch", "PAGE-006", "total_count is the number of items in the whole listing."],
  ),
  broken(
    "a cursor that returns itself",
    "devices",
    [
      { cursor: null, page: page([a], "2") },
      { cursor: "2", page: page([], "2") },
    ],
    ["repeated_cursor", "RCV-022", "A consumer does not follow a cursor forever."],
  ),
  broken(
    "cursors that form a cycle",
    "devices",
    [
      { cursor: null, page: page([a], "2") },
      { cursor: "2", page: page([b], "3") },
      { cursor: "3", page: page([], "2") },
    ],
    ["repeated_cursor", "RCV-022", "A consumer does not follow a cursor forever."],
  ),
  broken(
    "a last page without next_cursor",
    "devices",
    [
      { cursor: null, page: page([a], "2") },
      { cursor: "2", page: { data: [b], snapshot: SNAPSHOT } },
    ],
    ["invalid_payload", "PAGE-002", "Only null marks the end: a missing cursor may be a mistake."],
  ),
  broken(
    "an empty string instead of null at the end",
    "devices",
    [{ cursor: null, page: page([a], "") }],
    ["invalid_payload", "PAGE-002", "Only null marks the end."],
  ),
  broken(
    "a page without a snapshot",
    "devices",
    [{ cursor: null, page: { data: [a], next_cursor: null } }],
    ["invalid_payload", "PAGE-002", "Every page has the snapshot of its listing."],
  ),
  broken(
    "an invalid device on page two",
    "devices",
    chain(page([a], "2"), page([{ ...DEVICE, device_id: null }], null)),
    ["invalid_payload", "INV-001", "A listing with an unreadable item is not complete."],
  ),
  broken(
    "an error with 200 in the middle",
    "devices",
    [
      { cursor: null, page: page([a], "2") },
      { cursor: "2", page: { error: true, message: "try again later" } },
    ],
    [
      "invalid_payload",
      "ERR-003",
      "A failed call does not get 2xx, and this page is not the end of the listing.",
    ],
  ),
  broken("the same site twice", "sites", chain(page([site("s1")], "2"), page([site("s1")], null)), [
    "duplicate_item",
    "PAGE-001",
    "A listing contains every item exactly once.",
  ]),
  broken("the same event twice", "events", chain(page([happened("e1")], "2"), page([happened("e1")], null)), [
    "duplicate_item",
    "PAGE-001",
    "A listing contains every item exactly once.",
  ]),
  broken(
    "changes: a device and its tombstone",
    "device_changes",
    chain(page([a], "2"), page([tombstone("a")], null, { sync_token: "sync_4" })),
    ["duplicate_item", "SYNC-002", "Each device is listed once, in its current state."],
  ),
  broken(
    "changes: a tombstone without removed_at",
    "device_changes",
    chain(page([{ ...tombstone("x"), removed_at: null }], null, { sync_token: "sync_5" })),
    ["invalid_payload", "SYNC-003", "A tombstone says when the device was removed."],
  ),
];
