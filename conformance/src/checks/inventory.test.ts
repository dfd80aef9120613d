import { describe, expect, test } from "vitest";
import { exchange, listing } from "../evidence/testing/recorded.ts";
import { outcomeOf } from "./testing/judge.ts";

describe("INV-009 and PAGE-001", () => {
  const [door, reader] = [
    { device_id: "4711", type: "door", name: "North", org_id: "o", site_id: "s" },
    { device_id: "4711", type: "reader", name: "North", org_id: "o", site_id: "s" },
  ];
  const inventory = (...devices: readonly object[]) => {
    const others = {
      orgs: { listing: listing({ org_id: "o" }) },
      sites: { listing: listing({ site_id: "s" }) },
    };
    const paging = {
      inSmallPages: listing(...devices),
      orgsInSmallPages: others.orgs.listing,
      sitesInSmallPages: others.sites.listing,
    };
    return { ...others, devices: { listing: listing(...devices) }, paging };
  };

  test("only INV-009 reports two devices with one id", async () => {
    expect(await outcomeOf("INV-009", inventory(door, reader))).toBe("fail");
    expect(await outcomeOf("PAGE-001", inventory(door, reader))).toBe("pass");
  });

  test("only PAGE-001 reports a device listed twice", async () => {
    expect(await outcomeOf("INV-009", inventory(door, door))).toBe("pass");
    expect(await outcomeOf("PAGE-001", inventory(door, door))).toBe("fail");
  });

  test("an org, a site and a device may share an id", async () => {
    const same = { ...inventory(), devices: { listing: listing({ device_id: "o", name: "D" }) } };
    expect(
      await outcomeOf("INV-009", { ...same, sites: { listing: listing({ site_id: "o", name: "S" }) } }),
    ).toBe("pass");
  });
});

describe("a filtered listing", () => {
  const here = { device_id: "a", org_id: "o", site_id: "s" };
  const moved = { device_id: "b", org_id: "o", site_id: "s" };
  const evidence = (listed: readonly object[], looked?: ReturnType<typeof exchange>) => ({
    devices: { listing: listing(here, moved) },
    filters: {
      bySite: [{ siteId: "s", listing: listing(...listed) }],
      byOrg: [],
      ...(looked && { differences: [{ deviceId: "b", exchange: looked }] }),
    },
  });
  test.each<[string, object, string]>([
    ["all devices", evidence([here, moved]), "pass"],
    ["without a device", evidence([here]), "fail"],
    ["without a device that is still there", evidence([here], exchange(moved)), "fail"],
    ["without a device that someone moved", evidence([here], exchange({ ...moved, site_id: "t" })), "pass"],
    ["without a device that someone removed", evidence([here], exchange({}, { status: 404 })), "pass"],
  ])("INV-003: %s: %s", async (_, given, outcome) => {
    expect(await outcomeOf("INV-003", given)).toBe(outcome);
  });
});

describe("INV-017", () => {
  const evidence = (incremental_sync: boolean, status: number) => ({
    discovery: { manifest: exchange({ inventory: { incremental_sync } }) },
    filters: { madeUpSince: exchange({}, { status }) },
  });
  test.each([
    [false, 400, "pass"],
    [false, 200, "fail"],
    [false, 410, "fail"],
    [true, 410, "not-applicable"],
  ])("incremental sync %s, answered %d: %s", async (declared, status, outcome) => {
    expect(await outcomeOf("INV-017", evidence(declared, status))).toBe(outcome);
  });
});

test.each([
  ["a time of now", "2026-11-23T08:30:00Z", "2026-11-23T08:30:00Z", "pass"],
  ["a local time", "2026-11-23T14:30:00Z", "2026-11-23T08:30:00Z", "fail"],
  // The suite's clock says 08:30: either clock may be wrong.
  [
    "the time of a vendor whose clock is ahead",
    "2026-11-23T08:36:00Z",
    "2026-11-23T08:36:00Z",
    "could-not-run",
  ],
])("DEV-005: %s: %s", async (_, last_seen_at, date, outcome) => {
  const page = exchange(
    { data: [{ device_id: "d", last_seen_at }], next_cursor: null },
    { headers: { date: new Date(date).toUTCString() } },
  );
  const devices = { listing: { limit: null, pages: [page], end: "last_page" } };
  expect(await outcomeOf("DEV-005", { devices })).toBe(outcome);
});
