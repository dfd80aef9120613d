import { canonicalMacAddress, deviceSchema, orgSchema, siteSchema } from "@convergint/schemas";
import { describe, expect, it } from "vitest";
import { createEstate } from "./estate.ts";

const ASOF = new Date("2026-11-23T08:00:00Z");
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

describe("createEstate", () => {
  it("depends only on the seed", () => {
    expect(createEstate(1, ASOF)).toEqual(createEstate(1, ASOF));
    const ids = (seed: number) => createEstate(seed, ASOF).devices.map(({ device_id }) => device_id);
    const others = new Set(ids(2));
    expect(ids(1).filter((id) => others.has(id))).toEqual([]);
  });

  it("has the same ids and statuses at another time", () => {
    const timeless = (asOf: Date) =>
      createEstate(1, asOf).devices.map(({ device_id, status, name }) => ({ device_id, status, name }));
    expect(timeless(new Date("2030-01-01T00:00:00Z"))).toEqual(timeless(ASOF));
  });

  it("can have fewer buildings, and fewer devices behind each connector", () => {
    const { devices } = createEstate(1, ASOF, { maxBuildings: 1, maxChildren: 2 });
    const behind = Map.groupBy(devices, (device) => `${device.parent_device_id} ${device.type}`);
    const counts = [...behind].flatMap(([key, { length }]) => (key.startsWith("null") ? [] : [length]));
    expect([devices.length, Math.max(...counts)]).toEqual([105, 2]);
  });

  describe.each([0, 1, 2, 7, 4_294_967_295])("seed %d", (seed) => {
    const { orgs, sites, devices } = createEstate(seed, ASOF);

    it("has 1,200 devices of at least eight types on six sites in two orgs", () => {
      expect([devices.length, sites.length, orgs.length]).toEqual([1200, 6, 2]);
      expect(new Set(devices.map(({ type }) => type)).size).toBeGreaterThanOrEqual(8);
    });

    it("matches the contract's schemas", () => {
      for (const org of orgs) orgSchema.parse(org);
      for (const site of sites) siteSchema.parse(site);
      for (const device of devices) deviceSchema.parse(device);
    });

    it("has exactly one empty site", () => {
      const inhabited = new Set(devices.map(({ site_id }) => site_id));
      expect(sites.filter(({ site_id }) => !inhabited.has(site_id))).toHaveLength(1);
    });

    it("has no duplicate ids, serial numbers or addresses", () => {
      const unique = (values: unknown[]) => expect(new Set(values).size).toBe(values.length);
      unique(devices.map(({ device_id }) => device_id));
      unique(devices.map(({ name, site_id }) => `${site_id} ${name}`));
      unique(devices.flatMap(({ mac_addresses }) => mac_addresses ?? []));
      unique(devices.flatMap(({ ip_addresses }) => ip_addresses ?? []));
      unique(devices.flatMap(({ serial_number }) => serial_number ?? []));
      for (const { device_id } of devices) expect(device_id).toMatch(UUID);
    });

    it("writes MAC addresses in several valid notations; a door has none", () => {
      const macs = devices.flatMap(({ mac_addresses }) => mac_addresses ?? []);
      expect(macs.map(canonicalMacAddress)).not.toContain(undefined);
      const writings = new Set(macs.map((mac) => mac.replace(/[0-9a-f]/gi, "")));
      expect(writings).toEqual(new Set([":::::", "-----", "..", ""]));
      const without = devices.filter(({ mac_addresses }) => mac_addresses === undefined);
      expect(new Set(without.map(({ type }) => type))).toEqual(new Set(["door"]));
    });

    it("has every child on the site of its parent, and unknown behind a parent that is down", () => {
      const byId = new Map(devices.map((device) => [device.device_id, device]));
      for (const device of devices) {
        if (device.parent_device_id == null) continue;
        const parent = byId.get(device.parent_device_id);
        expect(parent?.site_id).toBe(device.site_id);
        const alive = parent?.status === "online" || parent?.status === "degraded";
        expect(device.status_reason === "parent_unreachable").toBe(!alive);
      }
      expect(devices.filter(({ type }) => type === "door").every((door) => door.parent_device_id)).toBe(true);
    });

    it("has devices of every status, a reason for each device that is not online, and disabled devices", () => {
      expect(new Set(devices.map(({ status }) => status)).size).toBe(4);
      for (const { status, status_reason } of devices)
        expect(status_reason === null).toBe(status === "online");
      expect(devices.some(({ admin_state }) => admin_state === "disabled")).toBe(true);
    });

    it("has no timestamp in the future", () => {
      for (const device of devices)
        for (const time of [device.status_observed_at, device.status_changed_at, device.last_seen_at])
          if (time != null) expect(Date.parse(time)).toBeLessThan(ASOF.getTime());
    });
  });
});
