import { describe, expect, expectTypeOf, test } from "vitest";
import type { Device } from "./device.ts";
import { type DeviceChange, deviceChangeSchema, type RemovedDevice } from "./device-change.ts";
import { fieldErrors } from "./field-errors.ts";

const device = { device_id: "d", org_id: "o", site_id: "s", name: "North entrance", type: "camera" };
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
