import { describe, expect, test } from "vitest";
import { delivery, exchange } from "../evidence/testing/recorded.ts";
import { judge, outcomeOf } from "./testing/judge.ts";

const eventOf = (id: string, status = "offline", data: object = {}) => ({
  specversion: "1.0",
  id,
  source: "urn:vendor:org:o",
  type: "com.convergint.device.status_changed.v1",
  time: "2026-11-23T08:30:00.250Z",
  sequence: "1",
  data: { org_id: "o", site_id: "s", device_id: "d", status, ...data },
});

const HEARTBEAT = "com.convergint.device.heartbeat.v1";

/** Returns the first failure of EVT-023, given the posted and the listed events. */
const ARRIVED = Date.UTC(2026, 10, 23, 8, 30, 5);

async function failureOf(
  posted: readonly object[],
  listed: readonly object[],
  more: object = {},
  secondsApart = 10,
) {
  const page = exchange({
    data: listed,
    next_cursor: null,
    snapshot: { id: "snap", as_of: "2026-11-23T08:31:00Z" },
  });
  const evidence = {
    health: {
      latencySeconds: 5,
      deliveries: posted.map((event, index) => ({
        ...delivery(event),
        receivedAt: new Date(ARRIVED + index * secondsApart * 1000).toISOString(),
      })),
    },
    retries: { endpoints: { healthy: { deliveries: [] } } },
    outage: { healthy: { deliveries: [] } },
    backfill: { sinceTheBeginning: { limit: 500, pages: [page], end: "last_page" }, ...more },
    discovery: { manifest: exchange({ event_types: [{ type: HEARTBEAT, delivery: ["webhook"] }] }) },
  };
  const finding = await judge("EVT-023", evidence);
  if (finding.outcome === "pass") return null;
  if (finding.outcome !== "fail") throw new Error(`not judged: ${JSON.stringify(finding)}`);
  return finding.failures[0];
}

describe("EVT-023", () => {
  test("passes if every posted event is listed", async () => {
    expect(await failureOf([eventOf("a")], [eventOf("a"), eventOf("of-another-endpoint")])).toBeNull();
  });

  test("does not expect events that the manifest lists without backfill", async () => {
    const heartbeat = { ...eventOf("h"), type: HEARTBEAT };
    expect(await failureOf([eventOf("a"), heartbeat], [eventOf("a")])).toBeNull();
  });

  test("orders only status changes, of any devices", async () => {
    const late = (id: string, members: object) => ({
      ...eventOf(id),
      time: "2026-11-23T08:30:01Z",
      ...members,
    });
    const [early, alarm] = [eventOf("a"), late("b", { type: "com.convergint.alarm.raised.v1" })];
    expect(await failureOf([early, alarm], [alarm, early])).toBeNull();
    const other = late("b", { data: { ...early.data, device_id: "e" } });
    expect((await failureOf([early, other], [other, early]))?.where).toBe("/data/1");
    expect(await failureOf([early, other], [other, early], {}, 4)).toBeNull();
    expect((await failureOf([early, late("b", {})], [late("b", {}), early]))?.where).toBe("/data/1");
  });

  test("allows that an earlier change was published later, unless the arrivals show the order", async () => {
    const late = { ...eventOf("b"), time: "2026-11-23T08:30:01Z" };
    const early = eventOf("a");
    expect(await failureOf([early, late], [late, early], {}, 4)).toBeNull();
    expect(await failureOf([late, early], [late, early])).toBeNull();
    expect(await failureOf([late], [late, early])).toBeNull();
  });

  test("requires an event that no endpoint had accepted", async () => {
    const undelivered = [delivery(eventOf("b", "online"))];
    const missing = await failureOf([eventOf("a")], [eventOf("a")], { undelivered });
    expect(missing?.expected).toContain("the event b");
  });

  test("does not mistake rounded times for an exclusive start", async () => {
    const page = (isListed: boolean) => exchange({ data: isListed ? [eventOf("a")] : [] });
    const moments = (...areListed: boolean[]) => ({
      moments: areListed.map((isListed) => ({
        ...{ id: "a", time: "2026-11-23T08:30:00.250Z", before: page(true), at: page(isListed) },
      })),
    });
    const failureAt = (...areListed: boolean[]) =>
      failureOf([eventOf("a")], [eventOf("a")], moments(...areListed));
    expect(await failureAt(false, true, false)).toBeNull();
    expect(await failureAt(false, false)).toBeNull();
    expect((await failureAt(false, false, false))?.hint).toContain(">=");
  });

  test("distinguishes an event listed under another id from a missing one", async () => {
    const renamed = await failureOf([eventOf("a")], [eventOf("row-1")]);
    expect(renamed?.actual).toContain('under another id, "row-1"');
    expect(renamed?.hint).toContain("Store the event's id");
  });

  test("does not mistake another posted event of the same time for the missing one", async () => {
    const missing = await failureOf([eventOf("a"), eventOf("b", "online")], [eventOf("b", "online")]);
    expect(missing?.actual).toContain("no equal event under another id");
    expect(missing?.hint).toContain("1 of the 2 posted events are not listed.");
    const twin = await failureOf([eventOf("a"), eventOf("b")], [eventOf("b")]);
    expect(twin?.actual).toContain("no equal event under another id");
  });

  test("says what several missing events have in common", async () => {
    const ofOther = eventOf("c", "online", { device_id: "e" });
    const missing = await failureOf([eventOf("a"), eventOf("b", "online"), ofOther], [ofOther]);
    expect(missing?.hint).toMatch(
      /2 of the 3 .*first posted in d\d+ and the last in d\d+; .*the device_id "d"/,
    );
  });

  test.each<[string, object, object, string]>([
    ["a member of data", { zone: "1" }, { zone: "2" }, "/data/0/data/zone"],
    ["a member with a slash in its name", { "a/b": 1 }, { "a/b": 2 }, "/data/0/data/a~1b"],
    ["a name that every object inherits", { toString: "x" }, {}, "/data/0/data/toString"],
    ["a __proto__ member from JSON", JSON.parse('{"__proto__":{"a":1}}'), {}, "/data/0/data/__proto__"],
  ])("names the difference: %s", async (_, posted, listed, where) => {
    const difference = await failureOf([withData(posted)], [withData(listed)]);
    expect(difference?.where).toBe(where);
  });
});

describe("EVT-025", () => {
  const events = exchange({ data: [eventOf("a")] });
  const nothing = exchange({ data: [] });
  const expired = exchange({ code: "backfill_expired" }, { status: 410 });
  test.each<[string, ReturnType<typeof exchange>, ReturnType<typeof exchange>, string]>([
    ["a vendor that has deleted both", expired, expired, "pass"],
    ["a vendor that keeps more than it declares", expired, events, "pass"],
    ["a vendor that has kept every event", events, events, "pass"],
    ["only what is left for the earlier moment", events, expired, "fail"],
    ["an empty page", nothing, nothing, "fail"],
    ["another error", exchange({ code: "gone" }, { status: 410 }), expired, "fail"],
  ])("%s", async (_, longAgo, beyondDepth, outcome) => {
    const sinceTheBeginning = { limit: 500, pages: [events], end: "last_page" };
    const backfill = { longAgo, beyondDepth, sinceTheBeginning };
    expect(await outcomeOf("EVT-025", { backfill })).toBe(outcome);
  });
});

/** Makes an event whose data has members that an object spread would lose. */
function withData(members: object) {
  const event = eventOf("a");
  for (const name of Object.keys(members)) {
    const value = Object.getOwnPropertyDescriptor(members, name)?.value;
    Object.defineProperty(event.data, name, { value, enumerable: true });
  }
  return event;
}
