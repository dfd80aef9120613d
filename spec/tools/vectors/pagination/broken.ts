import { DEVICE, SNAPSHOT } from "../payloads/samples.ts";
import { a, b, broken, c, chain, counted, happened, page, site, tombstone, type Walk } from "./walk.ts";

const again = { snapshot: { ...SNAPSHOT, id: "snap_2" } };

/** Listings that must not be taken for complete. */
export const BROKEN: readonly Walk[] = [
  broken("another snapshot on page two", "devices", chain(page([a], "2"), page([b], null, again)), [
    "snapshot_changed",
    "PAGE-004",
    "Every page repeats the snapshot of page one.",
  ]),
  broken(
    "another moment under the same snapshot id",
    "devices",
    chain(page([a], "2"), page([b], null, { snapshot: { ...SNAPSHOT, as_of: "2026-11-23T08:30:01Z" } })),
    ["snapshot_changed", "PAGE-004", "Every page repeats the id and the moment of page one."],
  ),
  broken("the same device on two pages", "devices", chain(page([a, b], "2"), page([b, c], null)), [
    "duplicate_item",
    "PAGE-001",
    "Pages cut by a running number repeat an item for each that is added before them.",
  ]),
  broken("the same device twice on one page", "devices", chain(page([a, a], null)), [
    "duplicate_item",
    "PAGE-001",
    "A listing has every item exactly once.",
  ]),
  broken(
    "page one again for a cursor that has expired",
    "devices",
    chain(page([a, b], "2"), page([a, b], "2b")),
    ["duplicate_item", "PAGE-010", "An expired cursor is answered with 410, never with page one."],
  ),
  broken(
    "fewer devices than were promised",
    "devices",
    chain(page([a], "2", counted(3)), page([b], null, counted(3))),
    [
      "count_mismatch",
      "PAGE-006",
      "A device was removed while the pages were read, and another one was lost by that.",
    ],
  ),
  broken("more devices than were promised", "devices", chain(page([a, b], null, counted(1))), [
    "count_mismatch",
    "PAGE-006",
    "total_count is how many items the whole listing has.",
  ]),
  broken(
    "a total that is the page's, not the listing's",
    "devices",
    chain(page([a, b], "2", counted(2)), page([c], null, counted(1))),
    ["count_mismatch", "PAGE-006", "total_count is how many items the whole listing has."],
  ),
  broken(
    "more devices than page one promised, before a last page that promises nothing",
    "devices",
    chain(page([a, b], "2", counted(1)), page([], null)),
    ["count_mismatch", "PAGE-006", "total_count is how many items the whole listing has."],
  ),
  broken(
    "a cursor that leads to itself",
    "devices",
    [
      { cursor: null, page: page([a], "2") },
      { cursor: "2", page: page([], "2") },
    ],
    ["repeated_cursor", "RCV-022", "A consumer does not follow a cursor for ever."],
  ),
  broken(
    "cursors that go round in a circle",
    "devices",
    [
      { cursor: null, page: page([a], "2") },
      { cursor: "2", page: page([b], "3") },
      { cursor: "3", page: page([], "2") },
    ],
    ["repeated_cursor", "RCV-022", "A consumer does not follow a cursor for ever."],
  ),
  broken(
    "a last page without next_cursor",
    "devices",
    [
      { cursor: null, page: page([a], "2") },
      { cursor: "2", page: { data: [b], snapshot: SNAPSHOT } },
    ],
    [
      "invalid_payload",
      "PAGE-002",
      "null is the only end mark: a cursor that is missing may have been forgotten.",
    ],
  ),
  broken(
    "an empty text for the end",
    "devices",
    [{ cursor: null, page: page([a], "") }],
    ["invalid_payload", "PAGE-002", "null is the only end mark."],
  ),
  broken(
    "a page without a snapshot",
    "devices",
    [{ cursor: null, page: { data: [a], next_cursor: null } }],
    ["invalid_payload", "PAGE-002", "Every page says what its listing describes."],
  ),
  broken(
    "a bad device on page two",
    "devices",
    chain(page([a], "2"), page([{ ...DEVICE, device_id: null }], null)),
    ["invalid_payload", "INV-001", "A listing of which one item cannot be read is not complete."],
  ),
  broken(
    "an error with 200 in the middle",
    "devices",
    [
      { cursor: null, page: page([a], "2") },
      { cursor: "2", page: { error: true, message: "try again later" } },
    ],
    ["invalid_payload", "ERR-003", "A call that failed is not answered with 2xx, and this is no end."],
  ),
  broken("the same site twice", "sites", chain(page([site("s1")], "2"), page([site("s1")], null)), [
    "duplicate_item",
    "PAGE-001",
    "A listing has every item exactly once.",
  ]),
  broken("the same event twice", "events", chain(page([happened("e1")], "2"), page([happened("e1")], null)), [
    "duplicate_item",
    "PAGE-001",
    "A listing has every item exactly once.",
  ]),
  broken(
    "changes: a device and its tombstone",
    "device_changes",
    chain(page([a], "2"), page([tombstone("a")], null, { sync_token: "sync_4" })),
    ["duplicate_item", "SYNC-002", "Each device is listed once, as it is now."],
  ),
  broken(
    "changes: a tombstone without removed_at",
    "device_changes",
    chain(page([{ ...tombstone("x"), removed_at: null }], null, { sync_token: "sync_5" })),
    ["invalid_payload", "SYNC-003", "A tombstone says when the device was removed."],
  ),
];
