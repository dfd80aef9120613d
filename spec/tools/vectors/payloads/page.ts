import {
  DEVICE,
  event,
  invalid,
  ORG,
  type PayloadCases,
  page,
  SITE,
  SNAPSHOT,
  TOMBSTONE,
  valid,
  without,
} from "./samples.ts";

const heartbeat = event("device.heartbeat", {
  device_id: "cam_1",
  status: "online",
  last_seen_at: SNAPSHOT.as_of,
});

const DEVICE_PAGES = [
  valid("the last page", page([DEVICE])),
  valid("a page that is not the last", page([DEVICE], { next_cursor: "cur_2" })),
  valid("no devices: an empty site", page([], { snapshot: { ...SNAPSHOT, total_count: 0 } })),
  valid("an empty page that is not the end", page([], { next_cursor: "cur_2" })),
  valid("a short page of a long listing, which is not the end", {
    ...page([DEVICE], { next_cursor: "cur_2" }),
    snapshot: { ...SNAPSHOT, total_count: 1204 },
  }),
  valid("unknown members", {
    ...page([DEVICE], { page: 1, links: { next: null } }),
    snapshot: { ...SNAPSHOT, generation: 7 },
  }),
  valid(
    "null for every optional member",
    page([], { sync_token: null, snapshot: { ...SNAPSHOT, total_count: null } }),
  ),
  valid("a sync token on the last page", page([DEVICE], { sync_token: "sync_7f31c0" })),
  invalid("without next_cursor", without(page([DEVICE]), "next_cursor"), [
    "/next_cursor",
    "PAGE-002",
    "Only null marks the end: a missing cursor may be a mistake.",
  ]),
  invalid("an empty string for next_cursor", page([DEVICE], { next_cursor: "" }), [
    "/next_cursor",
    "PAGE-002",
    "Only null marks the end.",
  ]),
  invalid("false for next_cursor", page([DEVICE], { next_cursor: false }), [
    "/next_cursor",
    "PAGE-002",
    "Only null marks the end.",
  ]),
  invalid("a number instead of next_cursor", page([DEVICE], { next_cursor: 200 }), [
    "/next_cursor",
    "PAGE-002",
    "A cursor is an opaque string.",
  ]),
  invalid("without a snapshot", without(page([DEVICE]), "snapshot"), [
    "/snapshot",
    "PAGE-002",
    "Every page has the snapshot of its listing.",
  ]),
  invalid("a snapshot without as_of", page([DEVICE], { snapshot: { id: "snap_1" } }), [
    "/snapshot/as_of",
    "PAGE-002",
    "A snapshot names the moment that it describes.",
  ]),
  invalid("a count as a string", page([DEVICE], { snapshot: { ...SNAPSHOT, total_count: "1" } }), [
    "/snapshot/total_count",
    "PAGE-002",
    "A count is a number.",
  ]),
  invalid("without data", without(page([]), "data"), [
    "/data",
    "PAGE-002",
    "A page without items has an empty list.",
  ]),
  invalid("null for data", { ...page([]), data: null }, [
    "/data",
    "PAGE-002",
    "A page without items has an empty list.",
  ]),
  invalid("an object instead of a list in data", { ...page([]), data: { cam_1: DEVICE } }, [
    "/data",
    "PAGE-002",
    "data is a list.",
  ]),
  invalid(
    "a list instead of a page",
    [DEVICE],
    ["", "PAGE-002", "A bare list does not say whether more pages follow."],
  ),
  invalid(
    "an error with 200 that looks like a page",
    { ...without(page([]), "data"), error: "try again later" },
    ["/data", "PAGE-002", "A failed call does not get 2xx."],
  ),
  invalid(
    "the fourth device without a device_id",
    page([DEVICE, DEVICE, DEVICE, without(DEVICE, "device_id")]),
    ["/data/3/device_id", "INV-001", "device_id is required."],
  ),
  invalid("a tombstone in a full listing", page([DEVICE, { ...TOMBSTONE, type: "camera" }]), [
    "/data/1/name",
    "INV-001",
    "A full listing contains devices, each with its name. Only listings with since contain tombstones.",
  ]),
];

/** Pages of listings. */
export const PAGE_PAYLOADS: PayloadCases = {
  DevicePage: DEVICE_PAGES,
  DeviceChangePage: [
    valid("a device and a tombstone", page([DEVICE, TOMBSTONE], { sync_token: "sync_7f31c1" })),
    valid("nothing has changed", page([], { sync_token: "sync_7f31c1" })),
    invalid("a tombstone without removed_at", page([DEVICE, without(TOMBSTONE, "removed_at")]), [
      "/data/1/removed_at",
      "SYNC-003",
      "A tombstone says when the device was removed.",
    ]),
    invalid("a tombstone without its site", page([without(TOMBSTONE, "site_id")]), [
      "/data/0/site_id",
      "SYNC-003",
      "A tombstone says where the device was.",
    ]),
    invalid("a device without its type", page([TOMBSTONE, without(DEVICE, "type")]), [
      "/data/1/type",
      "INV-001",
      "type is required.",
    ]),
    invalid("deleted instead of a tombstone", page([{ ...without(DEVICE, "name"), deleted: true }]), [
      "/data/0/name",
      "INV-001",
      "A removed device is listed as a tombstone, with lifecycle removed.",
    ]),
  ],
  OrgPage: [
    valid("an org", page([ORG])),
    invalid("an org without a name", page([without(ORG, "name")]), [
      "/data/0/name",
      "ORG-001",
      "name is required.",
    ]),
  ],
  SitePage: [
    valid("a site", page([SITE])),
    valid("an org without sites", page([])),
    invalid("a site without its org", page([SITE, without(SITE, "org_id")]), [
      "/data/1/org_id",
      "SITE-001",
      "org_id is required.",
    ]),
    invalid("without next_cursor", without(page([SITE]), "next_cursor"), [
      "/next_cursor",
      "PAGE-002",
      "Only null marks the end.",
    ]),
  ],
  EventPage: [
    valid("an event", page([heartbeat])),
    valid(
      "an event of the vendor's own type",
      page([{ ...heartbeat, type: "com.campus.parking.barrier_raised.v1" }]),
    ),
    valid("nothing happened", page([])),
    invalid("an event without its id", page([without(heartbeat, "id")]), [
      "/data/0/id",
      "EVT-006",
      "An event has the id of its delivery.",
    ]),
    invalid("an event without its time", page([heartbeat, without(heartbeat, "time")]), [
      "/data/1/time",
      "EVT-002",
      "An event says when it happened.",
    ]),
  ],
};
