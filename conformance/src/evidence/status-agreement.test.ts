import { expect, test } from "vitest";
import { compareStatusesAfter, compareStatusesAtEnd } from "./status-agreement.ts";
import { delivery, exchange, listing } from "./testing/recorded.ts";

const ASKED = "2026-11-23T08:30:20.000Z";

/**
 * Makes an event of the device. @param came the second at which the event arrives @param changed the second
 * at which the status changed
 */
const eventAt = (came: number, status: string, changed = came) => ({
  ...delivery({
    type: "com.convergint.device.status_changed.v1",
    time: `2026-11-23T08:30:${String(changed).padStart(2, "0")}Z`,
    data: { device_id: "d", status },
  }),
  receivedAt: `2026-11-23T08:30:${String(came).padStart(2, "0")}.000Z`,
});

test.each<[string, readonly ReturnType<typeof eventAt>[], string, readonly boolean[]]>([
  ["the status of the last event", [eventAt(1, "offline"), eventAt(2, "online")], "online", [true]],
  ["the status of an earlier event", [eventAt(1, "offline"), eventAt(2, "online")], "offline", [false]],
  [
    "the last change, although reported first",
    [eventAt(1, "online", 2), eventAt(3, "offline", 1)],
    "online",
    [true],
  ],
  [
    "a status that changed again after the request",
    [eventAt(1, "offline"), eventAt(21, "online")],
    "offline",
    [true],
  ],
  [
    "a status reported only after the request",
    [eventAt(1, "offline"), eventAt(21, "online", 19)],
    "online",
    [true],
  ],
  ["a status in no event", [eventAt(1, "offline"), eventAt(21, "online")], "degraded", [false]],
  [
    "one of several late statuses",
    [eventAt(1, "offline"), eventAt(18, "online"), eventAt(19, "degraded")],
    "online",
    [true],
  ],
  ["a status before any event arrived", [eventAt(21, "offline")], "online", []],
])("the inventory says %s", (_, deliveries, status, agrees) => {
  const [page] = listing({ device_id: "d", status }).pages;
  if (!page) throw new Error("a listing has a page");
  const after = { limit: null, pages: [{ ...page, startedAt: ASKED }], end: "last_page" } as const;
  const found = compareStatusesAfter(deliveries, after);
  expect(found.map((each) => each.agrees)).toEqual(agrees);
  for (const each of found) {
    expect([each.at, each.pointer, each.askedAt]).toEqual([page.id, "/data/0", ASKED]);
    expect(each.last.delivery.receivedAt < ASKED).toBe(true);
  }
});

test.each([
  ["the present", "2026-11-23T08:30:20Z", [false]],
  ["a moment before the last event", "2026-11-23T08:30:12Z", [true]],
  ["a moment after the last event", "2026-11-23T08:30:19Z", [false]],
])("a listing of %s shows the status of the earlier event", (_, as_of, agrees) => {
  const page = exchange(
    { data: [{ device_id: "d", status: "online" }], next_cursor: null, snapshot: { id: "s", as_of } },
    { headers: { date: new Date(ASKED).toUTCString() } },
  );
  const pages = [{ ...page, startedAt: ASKED }];
  const deliveries = [eventAt(1, "online"), eventAt(10, "offline")];
  const found = compareStatusesAfter(deliveries, { limit: null, pages, end: "last_page" });
  expect(found.map((each) => each.agrees)).toEqual(agrees);
});

test.each<[string, string | undefined, number]>([
  ["a later observation than the event", "2026-11-23T08:30:05.000Z", 0],
  ["an observation at the time of the event", "2026-11-23T08:30:01.000Z", 0],
  ["an earlier observation than the event", "2026-11-23T08:30:00.900Z", 1],
  ["no time of observation", undefined, 1],
])(
  "at the end, the inventory contradicts an event, and before the registration it showed %s",
  (_, status_observed_at, judged) => {
    // The event of "online" was published before the endpoint was registered; this endpoint got an older event.
    const deliveries = [eventAt(1, "online", 0), eventAt(2, "offline", 1)];
    const [page] = listing({ device_id: "d", status: "online" }).pages;
    const listedAfter = { limit: null, pages: [{ ...page, startedAt: ASKED }], end: "last_page" };
    const lifecycle = { deliveries, listedAfter };
    const [before] = listing({ device_id: "d", status: "online", status_observed_at }).pages;
    const found = compareStatusesAtEnd(
      { parts: { lifecycle, devices: { listing: listing() } }, missing: {} } as never,
      { first: { before } } as never,
    );
    expect(found.map(({ agrees }) => agrees)).toEqual(Array(judged).fill(false));
  },
);
