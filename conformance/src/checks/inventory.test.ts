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

describe("a value that a consumer may leave out still fails the vendor", () => {
  const place = { org_id: "o", site_id: "s" };
  const device = { device_id: "a", ...place, type: "door", name: "A" };
  const inventory = (more: object) => ({
    devices: { listing: listing({ ...device, ...more }) },
    lookups: { devices: [] },
    filters: { bySite: [], byOrg: [] },
    paging: { inSmallPages: listing() },
  });
  test.each<object>([
    { hostname: "x".repeat(300) },
    { last_seen_at: "2026-11-23T08:30:00" },
    { site: { address: { country: "USA" } } },
    { site: { coordinates: { latitude: 91, longitude: 0 } } },
    { mac_addresses: ["00:11:22:aa:bb:cc", 7] },
    { status: "Offline" },
    { lifecycle: "Active" },
    { lifecycle: "removed" },
    { name: "" },
  ])("INV-001: %j", async (more) => {
    expect(await outcomeOf("INV-001", inventory(more))).toBe("fail");
  });

  test("INV-001: a device without such a value passes", async () => {
    expect(await outcomeOf("INV-001", inventory({ hostname: "cam.example" }))).toBe("pass");
  });

  test.each<[string, object]>([
    ["SITE-001", { sites: { listing: listing({ ...place, name: "S", address: { country: "USA" } }) } }],
    ["SITE-001", { sites: { listing: listing({ ...place, name: "S", updated_at: "yesterday" }) } }],
    ["ORG-001", { orgs: { listing: listing({ org_id: "o", name: "O", updated_at: "yesterday" }) } }],
  ])("%s: %j", async (requirement, evidence) => {
    expect(await outcomeOf(requirement, evidence)).toBe("fail");
  });
});

describe("a tenant that others change", () => {
  const here = { device_id: "a", org_id: "o", site_id: "s", type: "door", name: "A" };
  const moving = { ...here, device_id: "b" };
  const away = { ...moving, site_id: "t" };
  const filtered = (listed: readonly object[], before: readonly object[], after = before) => ({
    devices: { listing: listing(...before) },
    filters: {
      bySite: [
        {
          siteId: "s",
          listing: listing(...listed),
          ...(after !== before && { before: listing(...before), after: listing(...after) }),
        },
      ],
      byOrg: [],
    },
  });
  test.each<[string, object, string]>([
    ["all devices", filtered([here, moving], [here, moving]), "pass"],
    ["without a device", filtered([here], [here, moving]), "fail"],
    ["without a device that is still there", filtered([here], [here, moving], [moving, here]), "fail"],
    ["without a device that moved away", filtered([here], [here, moving], [here, away]), "pass"],
    ["without a device that was removed", filtered([here], [here, moving], [here]), "pass"],
    ["with a device that was added", filtered([here, moving], [here], [here, moving]), "pass"],
    ["with a device of another site", filtered([here, moving], [here, away], [away, here]), "fail"],
    ["with a device that was never listed", filtered([here, moving], [here], [here]), "fail"],
  ])("INV-003: %s: %s", async (_, given, outcome) => {
    expect(await outcomeOf("INV-003", given)).toBe(outcome);
  });

  const named = (name: string) => ({ ...here, name });
  test.each<[string, object | null, object | null, string, object?]>([
    ["another name", named("B"), null, "fail"],
    ["another name than before and after", named("B"), named("A"), "fail"],
    ["a name that it gave up again", named("B"), named("C"), "pass"],
    ["another type, while it is renamed", { ...named("B"), type: "lock" }, named("C"), "fail"],
    ["no device, because it is removed", null, { ...here, device_id: "c" }, "pass"],
    ["no device, although it is listed again", null, here, "fail"],
    ["another name between two listings, and again after them", named("B"), here, "fail", named("B")],
    ["another name between two listings, but not after them", named("B"), here, "pass", here],
  ])("INV-005: %s: %s", async (_, found, again, outcome, later) => {
    const found404 = exchange({}, { status: 404 });
    const lookups = {
      devices: [{ deviceId: "a", exchange: found ? exchange(found) : found404 }],
      ...(again && { listedAgain: listing(again) }),
      ...(later && { lookedUpAgain: [{ deviceId: "a", exchange: exchange(later) }] }),
    };
    expect(await outcomeOf("INV-005", { devices: { listing: listing(here) }, lookups })).toBe(outcome);
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
  // The suite's clock says 08:30, so either clock may be wrong.
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

test.each([
  ["still behind its connector", "c", "fail"],
  ["behind no connector any more, because it was moved", undefined, "pass"],
  ["behind another connector now", "d", "pass"],
])("DEV-008: a device with a status while its connector is offline, %s", async (_, parent, outcome) => {
  const connector = { device_id: "c", type: "gateway", status: "online" };
  const behind = { device_id: "a", type: "camera", status: "degraded", parent_device_id: parent };
  const look = (device: { readonly device_id: string; readonly status: string }) => ({
    deviceId: device.device_id,
    exchange: exchange(device),
  });
  const evidence = {
    discovery: { manifest: exchange({ device_types: [{ type: "gateway", connector: true }] }) },
    devices: { listing: listing(connector, { ...behind, status: "online", parent_device_id: "c" }) },
    outOfContact: {
      deviceId: "c",
      behind: ["a"],
      command: exchange({}),
      rounds: [[look({ ...connector, status: "offline" }), look(behind)]],
      back: [],
    },
  };
  expect(await outcomeOf("DEV-008", evidence)).toBe(outcome);
});
