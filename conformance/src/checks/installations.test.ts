import { describe, expect, test } from "vitest";
import type { Evidence } from "../evidence/evidence.ts";
import { delivery, exchange, listing } from "../evidence/testing/recorded.ts";
import { installationChecks } from "./installations.ts";
import { paginationChecks } from "./pagination.ts";

const judge = async (id: string, evidence: object) =>
  (
    await [...installationChecks, ...paginationChecks]
      .find(({ requirement }) => requirement === id)
      ?.judge(evidence as Evidence)
  )?.outcome;

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
    ["all as the section says", {}, "pass"],
    ["added, answered with 200", { added: step(200, at("north"), exchange(at("north"))) }, "fail"],
    ["added, answered without the device", { added: step(201, {}, exchange(at("north"))) }, "fail"],
    ["added, and not there", { added: step(201, at("north"), gone) }, "fail"],
    ["added at another site", { added: step(201, at("north"), exchange(at("south"))) }, "fail"],
    [
      "moved, answered with 204",
      { moved: { ...whole.moved, ...step(204, "", exchange(at("south"))) } },
      "fail",
    ],
    ["removed, answered with 200", { removed: step(200, at("south"), gone) }, "fail"],
    ["removed, and still there", { removed: step(204, "", exchange(at("south"))) }, "fail"],
    ["an event without its id", { published: exchange({}, { status: 202 }) }, "fail"],
    ["an event that was refused", { published: exchange({}, { status: 400 }) }, "fail"],
    ["no command but status", { added: null, moved: null, removed: null, published: null }, "not-applicable"],
  ])("%s: %s", async (_, more, outcome) => {
    expect(await judge("SBX-006", { installation: { ...whole, ...more } })).toBe(outcome);
  });

  test("a move that inventory does not show is INV-014's matter alone", async () => {
    const moved = { ...whole.moved, lookedUp: exchange(at("north")) };
    expect(await judge("SBX-006", { installation: { ...whole, moved } })).toBe("pass");
    expect(await judge("INV-014", { installation: { ...whole, moved } })).toBe("fail");
  });
});

describe("INV-014", () => {
  test.each<[string, object, string]>([
    ["listed at its new site alone", {}, "pass"],
    ["its id gone", { lookedUp: gone }, "fail"],
    ["not listed at its new site", { there: listing() }, "fail"],
    ["listed at both", { hereStill: listing(at("north")) }, "fail"],
    ["a move that was refused", { command: exchange({}, { status: 409 }) }, "could-not-run"],
  ])("%s: %s", async (_, more, outcome) => {
    expect(await judge("INV-014", { installation: { ...whole, moved: { ...whole.moved, ...more } } })).toBe(
      outcome,
    );
  });

  test("in an org of one site there is nowhere to move", async () => {
    const installation = { ...whole, otherSiteId: null, moved: null };
    expect(await judge("INV-014", { installation })).toBe("could-not-run");
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
  const told = (type: string, siteId: string, lookedUp: object, ...posted: readonly object[]) => ({
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
      deliveries: posted.map((each) => delivery(each)),
    },
  });
  const updated = event("updated", at("south"));
  test.each<[string, object, string]>([
    ["added, as posted", told("added", "north", exchange(at("north")), event("added", at("north"))), "pass"],
    ["added, and not posted", told("added", "north", exchange(at("north"))), "fail"],
    ["added, posted as updated", told("added", "south", exchange(at("south")), updated), "fail"],
    [
      "added, posted in half",
      told("added", "north", exchange(at("north")), event("added", { device_id: "d" })),
      "fail",
    ],
    ["moved, as posted", told("updated", "south", exchange(at("south")), updated), "pass"],
    [
      "moved, posted from before",
      told("updated", "south", exchange(at("south")), event("updated", at("north"))),
      "fail",
    ],
    ["moved, and inventory is as before", told("updated", "south", exchange(at("north")), updated), "fail"],
    ["removed, as posted", told("removed", "south", gone, removed), "pass"],
    ["removed, and still there", told("removed", "south", exchange(at("south")), removed), "fail"],
    ["removed, without a time", told("removed", "south", gone, event("removed", tombstone)), "fail"],
  ])("%s: %s", async (_, evidence, outcome) => {
    expect(await judge("EVT-014", evidence)).toBe(outcome);
  });
});

describe("PAGE-009", () => {
  const [a, b, moved, passing] = ["a", "b", "moved", "passing"].map((device_id) => ({ device_id }));
  test.each<[string, readonly unknown[], string]>([
    ["everything once", [a, b, moved], "pass"],
    ["what was not there throughout as well", [a, passing, b, moved], "pass"],
    ["that twice", [a, passing, b, moved, passing], "pass"],
    ["one missing", [a, moved], "fail"],
    ["one twice", [a, b, moved, a], "fail"],
    ["the moved one twice", [a, moved, b, moved], "fail"],
    ["the moved one missing", [a, b], "fail"],
  ])("%s: %s", async (_, listed, outcome) => {
    const changingInventory = { listing: listing(...listed), passing: ["passing"], moved: "moved" };
    expect(await judge("PAGE-009", { devices: { listing: listing(a, b) }, changingInventory })).toBe(outcome);
  });

  test("a listing that breaks off shows nothing of it", async () => {
    const changingInventory = { listing: { ...listing(a), end: "not_a_page" }, passing: [], moved: "moved" };
    expect(await judge("PAGE-009", { devices: { listing: listing(a) }, changingInventory })).toBe(
      "could-not-run",
    );
  });
});
