import { describe, expect, test } from "vitest";
import { listing } from "../evidence/testing/recorded.ts";
import { outcomeOf } from "./testing/judge.ts";

describe("SITE-004", () => {
  test.each([
    ["America/Chicago", "pass"],
    ["UTC", "pass"],
    ["+05:00", "fail"],
    ["-0600", "fail"],
    ["Central Standard Time", "fail"],
    ["", "fail"],
  ])("%j: %s", async (timezone, outcome) => {
    expect(await outcomeOf("SITE-004", { sites: { listing: listing({ site_id: "s", timezone }) } })).toBe(
      outcome,
    );
  });
});
