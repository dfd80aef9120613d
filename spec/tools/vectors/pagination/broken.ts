import { DEVICE, SNAPSHOT } from "../payloads/samples.ts";
import { a, b, broken, c, chain, counted, happened, page, site, tombstone, type Walk } from "./walk.ts";

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
    "The vendor answers 410, never with page one, when a cursor has expired.",
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
    "an empty string for the end",
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
