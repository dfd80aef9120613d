import { describe, expect, expectTypeOf, test } from "vitest";
import { type Device, deviceSchema } from "./device.ts";
import { fieldErrors } from "./field-errors.ts";
import type { DeviceId, SiteId } from "./ids.ts";
import { canonicalDeviceType } from "./vocabulary.ts";

const device = { device_id: "d", org_id: "o", site_id: "s", name: "North entrance", type: "camera" };

describe("deviceSchema", () => {
  test("asks for no more than the five fields of the contract", () => {
    expect(deviceSchema.safeParse(device).success).toBe(true);
  });

  test("keeps fields it does not know, and types it does not know", () => {
    const unknown = { ...device, type: "drone", rotors: 4, battery: { level: 0.5 } };
    expect(deviceSchema.parse(unknown)).toEqual(unknown);
    expect(canonicalDeviceType("drone")).toBe("other");
    expect(canonicalDeviceType("toString")).toBe("other");
  });

  test("takes null in an optional field for its absence", () => {
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
    ["status", "dormant"],
    ["last_seen_at", 1_764_000_000],
    ["warranty_expires_on", "06/30/2029"],
  ])("names the field %s when it is %j", (name, value) => {
    const parsed = deviceSchema.safeParse({ ...device, [name]: value });
    expect(parsed.success ? [] : fieldErrors(parsed.error).map(({ pointer }) => pointer)).toEqual([
      `/${name}`,
    ]);
  });

  test("tells ids of different kinds apart", () => {
    expectTypeOf<Device["device_id"]>().toEqualTypeOf<DeviceId>();
    expectTypeOf<SiteId>().not.toExtend<DeviceId>();
  });
});
