import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { TimeUnit } from "./document.ts";
import { readProfile } from "./read-profile.ts";
import { createRecordMapper } from "./record.ts";
import { toTimestamp } from "./times.ts";
import { createWords } from "./words.ts";

describe("toTimestamp", () => {
  test.each<[TimeUnit, unknown, string | null]>([
    ["iso", "2026-11-23T08:30:00Z", "2026-11-23T08:30:00Z"],
    ["iso", "2026-11-23T08:30:00.123456Z", "2026-11-23T08:30:00.123456Z"],
    ["iso", "2026-11-23T02:30:00.5-06:00", "2026-11-23T08:30:00.5Z"],
    ["iso", "2026-11-23 14:00:00+0530", "2026-11-23T08:30:00Z"],
    ["iso", "2026-11-23T08:30Z", "2026-11-23T08:30:00Z"],
    ["iso", "2026-11-23T08:30:00", null],
    ["iso", "2026-02-30T08:30:00Z", null],
    ["iso", "2026-11-23T24:00:00Z", null],
    ["iso", "2026-11-23", null],
    ["iso", "yesterday", null],
    ["iso", 1_790_000_000, null],
    ["iso_utc", "2026-11-23T08:30:00", "2026-11-23T08:30:00Z"],
    ["iso_utc", "2026-11-23T10:30:00+02:00", "2026-11-23T08:30:00Z"],
    ["unix_seconds", 1_790_000_000, "2026-09-21T14:13:20Z"],
    ["unix_seconds", "1790000000", "2026-09-21T14:13:20Z"],
    ["unix_seconds", 1_790_000_000.25, "2026-09-21T14:13:20.25Z"],
    ["unix_seconds", "1790000000.123456789", "2026-09-21T14:13:20.123456789Z"],
    ["unix_milliseconds", 1_790_000_000_250, "2026-09-21T14:13:20.25Z"],
    ["unix_microseconds", 1_790_000_000_250_001, "2026-09-21T14:13:20.250001Z"],
    ["unix_nanoseconds", "1790000000250000001", "2026-09-21T14:13:20.250000001Z"],
    // A wrong unit is an error, not a time in 1970 or 58000.
    ["unix_seconds", 1_790_000_000_250, null],
    ["unix_milliseconds", 1_790_000_000, null],
    ["unix_seconds", 0, null],
    ["unix_seconds", -5, null],
    ["unix_seconds", "1e9", null],
    ["unix_seconds", true, null],
    ["unix_seconds", "", null],
  ])("reads %s: %j", (unit, value, timestamp) => {
    expect(toTimestamp(value, unit)).toBe(timestamp);
  });

  test("keeps every nanosecond of every unit", () => {
    const nanoseconds = fc.bigInt({ min: 700_000_000n * 10n ** 9n, max: 4_000_000_000n * 10n ** 9n });
    fc.assert(
      fc.property(nanoseconds, fc.constantFrom(0, 3, 6, 9), (moment, places) => {
        const digits = moment.toString();
        const written = places === 0 ? digits : `${digits.slice(0, -places)}.${digits.slice(-places)}`;
        const unit = (["nanoseconds", "microseconds", "milliseconds", "seconds"] as const)[places / 3];
        const timestamp = toTimestamp(written, `unix_${unit ?? "seconds"}`) ?? "";
        const [second = "", fraction = ""] = timestamp.slice(0, -1).split(".");
        const whole = BigInt(Date.parse(`${second}Z`)) * 1_000_000n;
        expect(whole + BigInt(fraction.padEnd(9, "0"))).toBe(moment);
        expect(toTimestamp(timestamp, "iso")).toBe(timestamp);
      }),
      { numRuns: 100 },
    );
  });
});

test("maps words in any spelling, the profile's first, and no inherited member", () => {
  const words = createWords({
    type: {
      "Dome Cam": "camera",
      "motion-sensor": { type: "sensor", subtype: "motion" },
      reader: "keypad",
      x: "drone",
    },
    status: {
      live: "online",
      deviceOffline: { status: "offline", reason: "fault", admin_state: "disabled" },
    },
  });
  expect(
    ["dome_cam", "DOME-CAM ", "motion sensor", "Reader", "Network Switch", "x", "Robot", "constructor"].map(
      words.type,
    ),
  ).toEqual([
    { type: "camera", subtype: undefined, isMapped: true },
    { type: "camera", subtype: undefined, isMapped: true },
    { type: "sensor", subtype: "motion", isMapped: true },
    { type: "keypad", subtype: undefined, isMapped: true },
    { type: "network_switch", subtype: undefined, isMapped: true },
    { type: "other", subtype: undefined, isMapped: false },
    { type: "other", subtype: undefined, isMapped: false },
    { type: "other", subtype: undefined, isMapped: false },
  ]);
  expect(words.status("DEVICEOFFLINE")).toEqual({
    status: "offline",
    reason: "fault",
    adminState: "disabled",
    isMapped: true,
  });
  expect(words.status("Degraded")).toMatchObject({ status: "degraded", isMapped: true });
  expect(words.status("__proto__")).toMatchObject({ status: "unknown", isMapped: false });
});

const DOCUMENT = `profile: 1
name: example
title: Example cloud
auth: { scheme: bearer }
inventory:
  requests: { devices: { path: /devices, items: body } }
  orgs: { fields: { org_id: "'o'", name: "'O'" } }
  sites: { fields: { site_id: "'s'", org_id: "'o'", name: "'S'" } }
  devices:
    from: devices
    where: "item.kind != 'skip'"
    id_prefix: cam-
    fields:
      device_id: item.id
      org_id: setting.org
      site_id: [item.site, "'unassigned'"]
      name: [item.name, item.serial]
      type: item.kind
      status: item.state
      last_seen_at: { value: item.seen, time: unix_seconds }
      mac_addresses: item.mac
      ip_addresses: item.ips
      site:
        name: item.siteName
        address: { street: item.street, country: item.country }
        coordinates: { latitude: item.lat, longitude: item.long }
      warranty_expires_on: { value: item.warranty, time: unix_seconds }
      end_of_support_on: item.end
      lifecycle: item.life
      attributes: { lens: item.lens, parts: "item.parts.map(p, p.k + 1)" }
words:
  type: { cam: camera }
  status: { off: { status: online, admin_state: disabled }, lost: { status: unknown, reason: parent_unreachable } }
`;

const profile = readProfile(DOCUMENT, "example.yaml");
const [source] = profile.document.inventory?.devices ?? [];
if (source === undefined) throw new Error("The profile has no devices.");
const mapper = createRecordMapper({ profile, kind: "device", source });
const map = (item: object) => mapper([{ item, setting: { org: 7 } }])[0];

const ITEM = { id: 12, site: "s1", name: "Lobby", kind: "Cam", state: "Off" };

describe("createRecordMapper", () => {
  test("maps a complete item", () => {
    const item = {
      ...ITEM,
      seen: 1_790_000_000,
      mac: "0011.22AA.BBCC",
      ips: ["192.0.2.7", null],
      siteName: "Hall",
      street: "12 College Road",
      country: "uk",
      lat: "44.5",
      long: -93,
      warranty: "1900000000",
      end: "2031-01-31",
      life: "Active",
      lens: { mm: 2.8 },
      parts: [{ k: 1 }],
    };
    expect(map(item)).toEqual({
      record: {
        device_id: "cam-12",
        org_id: "7",
        site_id: "s1",
        name: "Lobby",
        type: "camera",
        vendor_type: "Cam",
        status: "online",
        vendor_status: "Off",
        admin_state: "disabled",
        last_seen_at: "2026-09-21T14:13:20Z",
        mac_addresses: ["00:11:22:aa:bb:cc"],
        ip_addresses: ["192.0.2.7"],
        site: {
          name: "Hall",
          address: { street: "12 College Road", country: "GB" },
          coordinates: { latitude: 44.5, longitude: -93 },
        },
        warranty_expires_on: "2030-03-17",
        end_of_support_on: "2031-01-31",
        lifecycle: "active",
        attributes: { lens: { mm: 2.8 }, parts: [2] },
      },
      faults: [],
      unmapped: [],
    });
  });

  test("leaves out what is missing, null or empty, and takes the next alternative", () => {
    const item = { ...ITEM, site: null, name: "", serial: "S-1", seen: null, mac: "", street: null };
    expect(map(item)).toMatchObject({
      record: { site_id: "unassigned", name: "S-1" },
      faults: [],
    });
    expect(Object.keys(map(item)?.record ?? {})).not.toContain("site");
  });

  test("counts unmapped words and keeps them with the record", () => {
    expect(map({ ...ITEM, kind: "Drone", state: "CHARGING" })).toMatchObject({
      record: { type: "other", vendor_type: "Drone", status: "unknown", vendor_status: "CHARGING" },
      faults: [],
      unmapped: [
        { kind: "type", word: "Drone" },
        { kind: "status", word: "CHARGING" },
      ],
    });
    expect(map({ ...ITEM, kind: null, state: "Lost" })).toMatchObject({
      record: { type: "other", status: "unknown", status_reason: "parent_unreachable" },
      unmapped: [],
    });
  });

  test.each<[string, object, object]>([
    [
      "a time that does not fit its unit",
      { seen: "soon" },
      { pointer: "/last_seen_at", value: "soon", setAside: false, place: { line: 20 } },
    ],
    [
      "a text where the contract has a number",
      { lat: "north", long: 1 },
      { pointer: "/site", setAside: false, place: { line: 24 } },
    ],
    [
      "a day that does not exist",
      { end: "2026-02-30" },
      { pointer: "/end_of_support_on", value: "2026-02-30", setAside: false, place: { line: 28 } },
    ],
    [
      "an expression that fails",
      { parts: [{ k: "x" }] },
      { pointer: "/attributes", setAside: false, place: { line: 30 } },
    ],
    [
      "an object for a word",
      { state: { code: 1 } },
      { pointer: "/status", value: { code: 1 }, setAside: false, place: { line: 19 } },
    ],
    [
      "an unknown word of a closed vocabulary",
      { life: "zombie" },
      { pointer: "/lifecycle", value: "zombie", setAside: false, place: { line: 29 } },
    ],
    ["a missing id", { id: null }, { pointer: "/device_id", setAside: true, place: { line: 14 } }],
    ["no name", { name: null }, { pointer: "/name", setAside: true, place: { line: 17 } }],
    ["an id that is a list", { id: [1] }, { pointer: "/device_id", setAside: true, place: { line: 14 } }],
    [
      "an id that is too long",
      { id: "x".repeat(300) },
      { pointer: "/device_id", setAside: true, place: { line: 14 } },
    ],
    ["a where without a value", { kind: undefined }, { pointer: "", setAside: true, place: { line: 11 } }],
  ])("reports %s with the line of the profile", (_, change, fault) => {
    const mapped = map({ ...ITEM, ...change });
    expect(mapped?.faults).toMatchObject([fault]);
    expect(mapped?.faults[0]?.message).toMatch(/ \(example\.yaml:\d+\)$/);
    expect(mapped?.record === null).toBe(mapped?.faults[0]?.setAside);
  });

  test("excludes what where excludes, without a fault", () => {
    expect(map({ ...ITEM, kind: "skip" })).toEqual({ record: null, faults: [], unmapped: [] });
  });

  test("maps any JSON to a record that the contract allows, or to faults", () => {
    const value = fc.oneof(
      fc.jsonValue({ maxDepth: 2 }),
      fc.constantFrom(undefined, "x", 5, ["a"], { k: 1 }),
    );
    const names = [
      "id",
      "site",
      "name",
      "serial",
      "kind",
      "state",
      "seen",
      "mac",
      "ips",
      "lat",
      "end",
      "life",
      "lens",
      "parts",
    ];
    const item = fc.record(Object.fromEntries(names.map((name) => [name, value])));
    fc.assert(
      fc.property(item, (random) => {
        const mapped = map(random);
        if (mapped?.record == null) return;
        const { device_id, name, type } = mapped.record;
        expect([device_id, name, type].every((text) => typeof text === "string")).toBe(true);
        expect(JSON.parse(JSON.stringify(mapped.record))).toEqual(mapped.record);
      }),
      { numRuns: 80 },
    );
  });
});
