import { describe, expect, test } from "vitest";
import { SMALLEST_ESTATE } from "../evidence/read.ts";
import { listing } from "../evidence/testing/recorded.ts";
import { judge, outcomeOf } from "./testing/judge.ts";

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

describe("a tenant that is too small is told the smallest that can be certified", () => {
  test.each<[string, object]>([
    [
      "SITE-007",
      {
        sites: { listing: listing({ site_id: "s" }) },
        completeness: { emptySiteId: null, added: [], sitesAfter: null },
      },
    ],
    ["INV-014", { installation: { moved: null, siteId: "s", otherSiteId: null } }],
  ])("%s", async (requirement, evidence) => {
    const finding = await judge(requirement, evidence);
    expect(finding).toMatchObject({ outcome: "could-not-run" });
    expect(finding).toMatchObject({ reason: expect.stringContaining(SMALLEST_ESTATE) });
  });
});
