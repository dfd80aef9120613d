import { describe, expect, test } from "vitest";
import { delivery, exchange, listing } from "../evidence/testing/recorded.ts";
import { outcomeOf } from "./testing/judge.ts";

const at = (site_id: string) => ({ device_id: "d", org_id: "o", site_id, name: "New", type: "camera" });
const gone = exchange({ title: "Unknown device", status: 404, code: "unknown_device" }, { status: 404 });
const step = (status: number, answer: unknown, lookedUp: object) => ({
  deviceId: "d",
  command: exchange(answer, { status }),
  lookedUp,
});
const whole = {
  siteId: "north",
  otherSiteId: "south",
  added: step(201, at("north"), exchange(at("north"))),
  moved: {
    ...step(200, at("south"), exchange(at("south"))),
    there: listing(at("south")),
    hereStill: listing(),
  },
  removed: step(204, "", gone),
  published: exchange({ event_id: "e" }, { status: 202 }),
};

describe("SBX-006", () => {
  test.each<[string, object, string]>([
    ["all as the contract says", {}, "pass"],
    ["added, answered with 200", { added: step(200, at("north"), exchange(at("north"))) }, "fail"],
    ["added, answered without the device", { added: step(201, {}, exchange(at("north"))) }, "fail"],
    ["added, but not found", { added: step(201, at("north"), gone) }, "fail"],
    ["added at another site", { added: step(201, at("north"), exchange(at("south"))) }, "fail"],
    [
      "moved, answered with 204",
      { moved: { ...whole.moved, ...step(204, "", exchange(at("south"))) } },
      "fail",
    ],
    ["removed, answered with 200", { removed: step(200, at("south"), gone) }, "fail"],
    ["removed, but still there", { removed: step(204, "", exchange(at("south"))) }, "fail"],
    ["an event without its id", { published: exchange({}, { status: 202 }) }, "fail"],
    [
      "an event type that no device has, accepted",
      { unknownType: exchange({ event_id: "e" }, { status: 202 }) },
      "fail",
    ],
    ["an event type that no device has, refused", { unknownType: exchange({}, { status: 400 }) }, "pass"],
    [
      "a device at an unknown site, accepted",
      { atUnknownSite: [exchange(at("nowhere"), { status: 201 })] },
      "fail",
    ],
    ["a device at an unknown site, refused", { atUnknownSite: [exchange({}, { status: 404 })] }, "pass"],
    ["no type that it can add", { added: step(400, {}, gone), moved: null, removed: null }, "could-not-run"],
    ["a refused event", { published: exchange({}, { status: 400 }) }, "fail"],
    ["no command but status", { added: null, moved: null, removed: null, published: null }, "not-applicable"],
  ])("%s: %s", async (_, more, outcome) => {
    expect(await outcomeOf("SBX-006", { installation: { ...whole, ...more } })).toBe(outcome);
  });

  test("only INV-014 reports a move that the inventory does not show", async () => {
    const moved = { ...whole.moved, lookedUp: exchange(at("north")) };
    expect(await outcomeOf("SBX-006", { installation: { ...whole, moved } })).toBe("pass");
    expect(await outcomeOf("INV-014", { installation: { ...whole, moved } })).toBe("fail");
  });
});

describe("INV-014", () => {
  test.each<[string, object, string]>([
    ["listed only at its new site", {}, "pass"],
    ["its id not found", { lookedUp: gone }, "fail"],
    ["not listed at its new site", { there: listing() }, "fail"],
    ["listed at both sites", { hereStill: listing(at("north")) }, "fail"],
    ["listed with its previous site", { elsewhere: [listing(at("south")), listing(at("north"))] }, "fail"],
    ["not listed without a filter", { elsewhere: [listing()] }, "fail"],
    ["a refused move", { command: exchange({}, { status: 409 }) }, "could-not-run"],
  ])("%s: %s", async (_, more, outcome) => {
    expect(
      await outcomeOf("INV-014", { installation: { ...whole, moved: { ...whole.moved, ...more } } }),
    ).toBe(outcome);
  });

  test("INV-014 could not run if a listing never catches up with the move", async () => {
    const snapshot = { id: "s", as_of: "2026-11-23T08:29:00Z" };
    const there = { ...listing(), pages: [exchange({ data: [], next_cursor: null, snapshot })] };
    const installation = { ...whole, moved: { ...whole.moved, there } };
    expect(await outcomeOf("INV-014", { installation })).toBe("could-not-run");
  });

  test("INV-014 could not run in an org with one site", async () => {
    const installation = { ...whole, otherSiteId: null, moved: null };
    expect(await outcomeOf("INV-014", { installation })).toBe("could-not-run");
  });
});

describe("EVT-014", () => {
  const event = (type: string, data: object) => ({
    specversion: "1.0",
    id: "e",
    source: "urn:vendor",
    type: `com.convergint.device.${type}.v1`,
    time: "2026-11-23T08:30:00Z",
    subject: "d",
    data,
  });
  const tombstone = { device_id: "d", org_id: "o", site_id: "south", lifecycle: "removed" };
  const removed = event("removed", { ...tombstone, removed_at: "2026-11-23T08:30:00Z" });
  const posted = (type: string, siteId: string, lookedUp: object, ...events: readonly object[]) => ({
    installationEvents: {
      steps: [
        {
          ...step(200, {}, lookedUp),
          type: `com.convergint.device.${type}.v1`,
          siteId,
          waitedSeconds: 5,
          from: 0,
        },
      ],
      deliveries: events.map((each) => delivery(each)),
    },
  });
  const updated = event("updated", at("south"));
  test.each<[string, object, string]>([
    [
      "added, as posted",
      posted("added", "north", exchange(at("north")), event("added", at("north"))),
      "pass",
    ],
    ["added, but not posted", posted("added", "north", exchange(at("north"))), "fail"],
    ["added, posted as updated", posted("added", "south", exchange(at("south")), updated), "fail"],
    [
      "added, posted incompletely",
      posted("added", "north", exchange(at("north")), event("added", { device_id: "d" })),
      "fail",
    ],
    ["moved, as posted", posted("updated", "south", exchange(at("south")), updated), "pass"],
    [
      "moved, posted with the previous site",
      posted("updated", "south", exchange(at("south")), event("updated", at("north"))),
      "fail",
    ],
    [
      "moved, but the inventory is unchanged",
      posted("updated", "south", exchange(at("north")), updated),
      "fail",
    ],
    ["removed, as posted", posted("removed", "south", gone, removed), "pass"],
    ["removed, but still there", posted("removed", "south", exchange(at("south")), removed), "fail"],
    ["removed, without a time", posted("removed", "south", gone, event("removed", tombstone)), "fail"],
  ])("%s: %s", async (_, evidence, outcome) => {
    expect(await outcomeOf("EVT-014", evidence)).toBe(outcome);
  });
});
