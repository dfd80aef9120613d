import { describe, expect, test } from "vitest";
import { exchange, listing } from "../evidence/testing/recorded.ts";
import { outcomeOf } from "./testing/judge.ts";

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
