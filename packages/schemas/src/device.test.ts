import { describe, expect, expectTypeOf, test } from "vitest";
import {
  type Device,
  type DeviceChange,
  deviceChangeSchema,
  deviceSchema,
  type RemovedDevice,
} from "./device.ts";
import { fieldErrors } from "./field-errors.ts";
import type { DeviceId, SiteId } from "./ids.ts";
import { canonicalDeviceType } from "./values.ts";

const device = { device_id: "d", org_id: "o", site_id: "s", name: "North entrance", type: "camera" };

describe("deviceSchema", () => {
  test("requires only the five required fields of the contract", () => {
    expect(deviceSchema.safeParse(device).success).toBe(true);
  });

  test("keeps unknown fields and unknown types", () => {
    const unknown = { ...device, type: "drone", rotors: 4, battery: { level: 0.5 } };
    expect(deviceSchema.parse(unknown)).toEqual(unknown);
    expect(canonicalDeviceType("drone")).toBe("other");
    expect(canonicalDeviceType("toString")).toBe("other");
  });

  test("keeps twelve unknown fields of an unknown type unchanged", () => {
    const fields = Object.fromEntries(
      Array.from({ length: 12 }, (_, index) => [`x_${index}`, { deep: [index, null, `${index}`] }]),
    );
    const unknown = { ...device, type: "quantum_gate", ...fields };
    expect(deviceSchema.parse(structuredClone(unknown))).toEqual(unknown);
  });

  test("normalizes addresses, timestamps and countries", () => {
    const parsed = deviceSchema.parse({
      ...device,
      mac_addresses: ["0011.22AA.BBCC", "n/a"],
      ip_addresses: ["FE80::0001%eth0", "DHCP"],
      last_seen_at: "2026-11-23T08:30:00+00:00",
      site: { address: { country: "uk" } },
    });
    expect(parsed).toMatchObject({
      mac_addresses: ["00:11:22:aa:bb:cc", "n/a"],
      ip_addresses: ["fe80::1", "DHCP"],
      last_seen_at: "2026-11-23T08:30:00Z",
      site: { address: { country: "GB" } },
    });
    expect(deviceSchema.parse(parsed)).toEqual(parsed);
  });

  test.each([
    ["removed", undefined, false],
    ["removed", null, false],
    ["removed", "2026-11-22T16:05:00Z", true],
    ["active", undefined, true],
    ["active", "2026-11-22T16:05:00Z", true],
    [null, undefined, true],
  ])("with the lifecycle %s and removed_at %s is valid: %s", (lifecycle, removed_at, valid) => {
    const { error } = deviceSchema.safeParse({ ...device, lifecycle, removed_at });
    expect(error ? fieldErrors(error).map(({ pointer }) => pointer) : []).toEqual(
      valid ? [] : ["/removed_at"],
    );
  });

  test("treats null in an optional field as absent", () => {
    expect(deviceSchema.safeParse({ ...device, status: null, last_seen_at: null, site: null }).success).toBe(
      true,
    );
  });

  test.each([
    ["device_id", undefined],
    ["device_id", ""],
    ["device_id", 7],
    ["device_id", "x".repeat(257)],
    ["site_id", null],
    ["name", ""],
    ["status", "Online"],
    ["lifecycle", "deleted"],
    ["mac_addresses", "00:11:22:aa:bb:cc"],
    ["warranty_expires_on", "2029-02-30"],
    ["status", "dormant"],
    ["last_seen_at", 1_764_000_000],
    ["warranty_expires_on", "06/30/2029"],
  ])("reports the field %s when it is %j", (name, value) => {
    const parsed = deviceSchema.safeParse({ ...device, [name]: value });
    expect(parsed.success ? [] : fieldErrors(parsed.error).map(({ pointer }) => pointer)).toEqual([
      `/${name}`,
    ]);
  });

  test("types ids of different kinds as different types", () => {
    expectTypeOf<Device["device_id"]>().toEqualTypeOf<DeviceId>();
    expectTypeOf<SiteId>().not.toExtend<DeviceId>();
  });
});

const tombstone = {
  device_id: "d",
  org_id: "o",
  site_id: "s",
  lifecycle: "removed",
  removed_at: "2026-11-22T16:05:00Z",
};

const errorsOf = (value: unknown) => {
  const { error } = deviceChangeSchema.safeParse(value);
  return error
    ? fieldErrors(error, deviceChangeSchema).map(({ pointer, requirement }) => [pointer, requirement])
    : [];
};

describe("deviceChangeSchema", () => {
  test.each([
    ["a device", device],
    ["a device whose lifecycle is null", { ...device, lifecycle: null }],
    ["a device that is not installed yet", { ...device, lifecycle: "provisioning" }],
    ["a tombstone", tombstone],
    ["a tombstone with the whole record and an unknown field", { ...device, ...tombstone, why: "sold" }],
  ])("accepts %s", (_, change) => {
    expect(deviceChangeSchema.parse(change)).toEqual(change);
  });

  test.each([
    ["a device without its name", { ...device, name: undefined }, [["/name", "INV-001"]]],
    ["a device without its site", { ...device, site_id: undefined }, [["/site_id", "INV-001"]]],
    ["a tombstone without its site", { ...tombstone, site_id: undefined }, [["/site_id", "SYNC-003"]]],
    ["a tombstone without its time", { ...tombstone, removed_at: null }, [["/removed_at", "SYNC-003"]]],
    ["a device with an unknown lifecycle", { ...device, lifecycle: "deleted" }, [["/lifecycle", "INV-001"]]],
    ["a value that is not an object", [], [["", "INV-001"]]],
  ])("reports the field and the requirement: %s", (_, change, errors) => {
    expect(errorsOf(change)).toEqual(errors);
  });

  test("discriminates devices and tombstones by lifecycle", () => {
    const other = (change: DeviceChange) => (change.lifecycle === "removed" ? null : change);
    expectTypeOf(other).returns.toExtend<Device | null>();
    expectTypeOf<RemovedDevice>().toExtend<DeviceChange>();
  });
});
