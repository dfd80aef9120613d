import { describe, expect, test } from "vitest";
import { exchange, listing } from "../evidence/testing/recorded.ts";
import { outcomeOf } from "./testing/judge.ts";

const ids = (...names: readonly string[]) => listing(...names.map((device_id) => ({ device_id })));

describe("listings that other users change", () => {
  const evidence = (devices: object, paging: object) => ({
    orgs: { listing: listing() },
    sites: { listing: listing() },
    devices: { listing: devices },
    paging: { orgsInSmallPages: listing(), sitesInSmallPages: listing(), inSmallPages: listing(), ...paging },
  });

  const around = (listed: object, before: object, after = before, earlier?: object) => ({
    listing: listed,
    ...{ before, after, ...(earlier && { earlier }) },
  });
  const none = around(listing(), listing());
  const between = (...[listed, ...others]: Parameters<typeof around>) => ({
    inSmallPages: listed,
    between: { orgs: none, sites: none, devices: around(listed, ...others) },
  });
  const byDefault = (...given: Parameters<typeof around>) => ({
    between: { orgs: none, sites: none, devices: around(ids("a"), ids("a")), byDefault: around(...given) },
  });

  test.each<[string, object, object, string]>([
    ["the same in small pages", ids("a", "b"), { inSmallPages: ids("a", "b") }, "pass"],
    ["one missing in small pages", ids("a", "b"), { inSmallPages: ids("a") }, "fail"],
    ["changed before the second reading", ids("a"), between(ids("a", "b"), ids("b", "a")), "pass"],
    ["one missing that was removed since", ids("a", "b"), between(ids("a"), ids("a", "b"), ids("a")), "pass"],
    [
      "one missing that is still there",
      ids("a", "b"),
      between(ids("a"), ids("a", "b"), ids("b", "a", "c")),
      "fail",
    ],
    ["one more that is still there", ids("a"), between(ids("a", "b"), ids("a"), ids("a", "b")), "pass"],
    [
      "one more that large pages never have",
      ids("a"),
      between(ids("a", "b"), ids("a"), ids("a"), ids("b", "a")),
      "fail",
    ],
    [
      "one more that was added and removed in between",
      ids("a"),
      between(ids("a", "b"), ids("a"), ids("a"), ids("a", "c")),
      "pass",
    ],
    ["one twice without a limit", ids("a"), byDefault(ids("a", "a"), ids("a")), "fail"],
    [
      "a listing that ended early",
      ids("a", "b"),
      { inSmallPages: { ...ids("a"), end: "not_a_page" } },
      "could-not-run",
    ],
    [
      "the first of many, one a page",
      ids("a", "b"),
      { inSmallPages: ids("a", "b"), singles: { ...ids("a"), end: "stopped" } },
      "pass",
    ],
    [
      "the first twice, one a page",
      ids("a", "b"),
      { inSmallPages: ids("a", "b"), singles: { ...ids("a", "a"), end: "stopped" } },
      "fail",
    ],
  ])("PAGE-001: %s: %s", async (_, devices, paging, outcome) => {
    expect(await outcomeOf("PAGE-001", evidence(devices, paging))).toBe(outcome);
  });

  test.each([
    ["2026-11-23T08:30:00.123Z", "2026-11-23T08:30:00.123000+00:00", "pass"],
    ["2026-11-23T08:30:00.123Z", "2026-11-23T08:30:00.124Z", "fail"],
  ])("PAGE-004: pages with the as_of %s and %s: %s", async (first, second, outcome) => {
    const pages = [first, second].map((as_of) =>
      exchange({ data: [], next_cursor: null, snapshot: { id: "s", as_of } }),
    );
    expect(await outcomeOf("PAGE-004", evidence({ ...listing(), pages }, {}))).toBe(outcome);
  });
});

describe("PAGE-009", () => {
  const [a, b, moved, passing] = ["a", "b", "moved", "passing"].map((device_id) => ({ device_id }));
  test.each<[string, readonly unknown[], string]>([
    ["every device once", [a, b, moved], "pass"],
    ["a device present only for a while too", [a, passing, b, moved], "pass"],
    ["that device twice", [a, passing, b, moved, passing], "pass"],
    ["a device missing", [a, moved], "fail"],
    ["a device twice", [a, b, moved, a], "fail"],
    ["the moved device twice", [a, moved, b, moved], "fail"],
    ["the moved device missing", [a, b], "fail"],
  ])("%s: %s", async (_, listed, outcome) => {
    const changingInventory = {
      listing: listing(...listed),
      passing: ["passing"],
      moved: "moved",
      commands: [],
    };
    expect(await outcomeOf("PAGE-009", { devices: { listing: listing(a, b) }, changingInventory })).toBe(
      outcome,
    );
  });

  test.each([
    [404, "pass"],
    [200, "fail"],
  ])("a missing device that is then looked up with %d: %s", async (status, outcome) => {
    const changingInventory = {
      listing: listing(a, moved),
      before: listing(a, b, moved),
      lookups: [{ deviceId: "b", exchange: exchange({}, { status }) }],
      passing: [],
      moved: "moved",
      commands: [],
    };
    expect(await outcomeOf("PAGE-009", { devices: { listing: listing(a) }, changingInventory })).toBe(
      outcome,
    );
  });

  test("PAGE-009 could not run if the listing ends early", async () => {
    const changingInventory = {
      listing: { ...listing(a), end: "not_a_page" },
      passing: [],
      moved: "moved",
      commands: [],
    };
    expect(await outcomeOf("PAGE-009", { devices: { listing: listing(a) }, changingInventory })).toBe(
      "could-not-run",
    );
  });
});
