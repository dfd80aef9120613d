import { createVendorClient } from "@convergint/client";
import type { Device, Org, Site } from "@convergint/schemas";
import fc from "fast-check";
import { expect, test } from "vitest";
import { readProfile } from "../read-profile.ts";
import {
  createFakeVendor,
  FAKE_BASE,
  type FakeEnvelope,
  type FakeListing,
  type FakePaging,
  itemsRule,
  pagingRule,
} from "../testing/fake-vendor.ts";
import { all } from "../testing/read-fake.ts";
import { createContractFetch } from "./contract-fetch.ts";

/** The vendor's words for each value of the contract. */
const TYPES = {
  camera: ["Cam", "DOME-camera"],
  door: ["portal"],
  sensor: ["Sensor"],
  other: ["other"],
} as const;
const STATUSES = {
  online: ["live", "OK"],
  degraded: ["Needs attention"],
  offline: ["gone", "not_reachable"],
  unknown: ["?"],
} as const;
const UNITS = ["iso", "unix_seconds", "unix_milliseconds"] as const;

const words = <Value extends string>(table: Readonly<Record<Value, readonly string[]>>) =>
  fc
    .constantFrom(...(Object.keys(table) as Value[]))
    .chain((value) => fc.constantFrom(...table[value]).map((word) => ({ value, word })));

/** Ids as vendors write them, also such as need percent-encoding. */
const id = fc.oneof(
  fc.uuid(),
  fc.stringMatching(/^[A-Za-z0-9 /%?#&=+{}"'éß漢-]{1,12}$/),
  fc.nat().map(String),
);
const seconds = fc.integer({ min: 1_500_000_000, max: 1_790_000_000 });
const mac = fc.uint8Array({ minLength: 6, maxLength: 6 }).map((bytes) => Buffer.from(bytes).toString("hex"));
const writeMac = {
  bare: (hex: string) => hex.toUpperCase(),
  dashes: (hex: string) => hex.replaceAll(/..(?!$)/g, "$&-"),
  cisco: (hex: string) => hex.replaceAll(/....(?!$)/g, "$&."),
};

/** A canonical device, its place as numbers, and how the vendor writes it. */
const deviceArbitrary = fc.record({
  site: fc.nat({ max: 4 }),
  name: fc.stringMatching(/^[\w äß]{1,10}$/),
  type: words(TYPES),
  status: words(STATUSES),
  seenAt: fc.option(seconds),
  changedAt: seconds,
  macs: fc.array(mac, { maxLength: 2 }),
  macStyle: fc.constantFrom("bare", "dashes", "cisco" as const),
  model: fc.option(fc.stringMatching(/^[A-Z]{1,5}$/)),
});

const estateArbitrary = fc.record({
  orgIds: fc.uniqueArray(id, { minLength: 1, maxLength: 3 }),
  siteIds: fc.uniqueArray(id, { minLength: 1, maxLength: 5 }),
  deviceIds: fc.uniqueArray(id, { maxLength: 25 }),
  devices: fc.array(deviceArbitrary, { minLength: 25, maxLength: 25 }),
});

const envelope = fc.constantFrom<FakeEnvelope[]>("bare", "member", "nested");
const pagings: readonly FakePaging[] = [
  { style: "none" },
  { style: "link" },
  ...(["null", "empty", "absent", "flag"] as const).map((end) => ({ style: "cursor", end }) as const),
  { style: "cursor", end: "null", sendIn: "body" },
  ...(["items", "pages", "headers", "none"] as const).map((totals) => ({ style: "page", totals }) as const),
  { style: "offset", totals: "items" },
  { style: "offset", totals: "none" },
];
/** A body that is a list has no room for cursors and totals. */
const fits = (paging: FakePaging, shape: FakeEnvelope) =>
  shape !== "bare" ||
  ["none", "link"].includes(paging.style) ||
  (paging.style === "page" && ["headers", "none"].includes(paging.totals)) ||
  (paging.style === "offset" && paging.totals === "none");
const styleArbitrary = fc
  .record({
    paging: fc.constantFrom(...pagings),
    envelope,
    size: fc.integer({ min: 1, max: 9 }),
    maxPageSize: fc.integer({ min: 1, max: 12 }),
  })
  .filter(({ paging, envelope: shape }) => fits(paging, shape));
type Style = typeof styleArbitrary extends fc.Arbitrary<infer Value> ? Value : never;

const variantArbitrary = fc.record({
  orgs: styleArbitrary,
  sites: styleArbitrary,
  devices: styleArbitrary,
  statuses: styleArbitrary,
  layout: fc.constantFrom("all", "by org", "by site" as const),
  joined: fc.boolean(),
  unit: fc.constantFrom(...UNITS),
  prefix: fc.constantFrom("", "cam-"),
});
type Estate = typeof estateArbitrary extends fc.Arbitrary<infer Value> ? Value : never;
type Variant = typeof variantArbitrary extends fc.Arbitrary<infer Value> ? Value : never;

const at = <Value>(list: readonly Value[], index: number): Value => list[index % list.length] as Value;
const isoOf = (unixSeconds: number) => new Date(unixSeconds * 1000).toISOString();
const timeIn = {
  iso: isoOf,
  unix_seconds: (value: number) => value,
  unix_milliseconds: (value: number) => value * 1000,
};

/** The estate in the contract's format. */
function toContract({ orgIds, siteIds, deviceIds, devices }: Estate, prefix: string) {
  const orgs = orgIds.map((org_id) => ({ org_id, name: `Org ${org_id}` }));
  const sites = siteIds.map((site_id, index) => ({
    site_id,
    org_id: at(orgIds, index),
    name: `Site ${site_id}`,
  }));
  return {
    orgs,
    sites,
    devices: deviceIds.map((device_id, index) => {
      const { site, name, type, status, seenAt, changedAt, macs, model } = at(devices, index);
      const { site_id, org_id } = at(sites, site);
      return {
        device_id: `${prefix}${device_id}`,
        org_id,
        site_id,
        name,
        type: type.value,
        status: status.value,
        status_changed_at: isoOf(changedAt),
        ...(seenAt !== null && { last_seen_at: isoOf(seenAt) }),
        mac_addresses: macs.map((hex) => hex.replaceAll(/..(?!$)/g, "$&:")),
        ...(model !== null && { model }),
      };
    }),
  };
}

/** The vendor that serves the estate in its own way. */
function toVendor({ orgIds, siteIds, deviceIds, devices }: Estate, variant: Variant) {
  const { layout, joined, unit } = variant;
  const siteRows = siteIds.map((key, index) => ({ key, account: at(orgIds, index), label: `Site ${key}` }));
  const states = deviceIds.map((serial, index) => ({ serial, state: at(devices, index).status.word }));
  const deviceRows = deviceIds.map((serial, index) => {
    const { site, name, type, status, seenAt, changedAt, macs, macStyle, model } = at(devices, index);
    const place = at(siteRows, site);
    return {
      serial,
      place: place.key,
      account: place.account,
      label: name,
      kind: type.word,
      ...(!joined && { state: status.word }),
      seen: seenAt === null ? null : timeIn[unit](seenAt),
      changed: timeIn[unit](changedAt),
      net: { macs: macs.map(writeMac[macStyle]) },
      ...(model !== null && { model }),
    };
  });
  const listing = ({ paging, envelope: shape, maxPageSize }: Style, items: FakeListing["items"]) => ({
    paging,
    envelope: shape,
    maxPageSize,
    items,
  });
  const devicesPath = {
    all: "/devices",
    "by org": "/accounts/{account}/devices",
    "by site": "/sites/{key}/devices",
  };
  return createFakeVendor({
    "/accounts": listing(variant.orgs, () => orgIds.map((key) => ({ key, label: `Org ${key}` }))),
    "/sites": listing(variant.sites, () => siteRows),
    "/states": listing(variant.statuses, () => states),
    [devicesPath[layout]]: listing(variant.devices, ({ account, key }) =>
      deviceRows.filter(
        (row) => (account ?? row.account) === row.account && (key ?? row.place) === row.place,
      ),
    ),
  });
}

/** The profile for this vendor. */
function toProfile({ orgs, sites, devices, statuses, layout, joined, unit, prefix }: Variant): object {
  const request = ({ paging, envelope: shape, size }: Style, path: string, more: object = {}) => ({
    path,
    ...(paging.style === "cursor" && paging.sendIn && { method: "POST" }),
    paging: pagingRule(paging, shape, size),
    items: itemsRule(shape),
    ...more,
  });
  const table = (of: Readonly<Record<string, readonly string[]>>) =>
    Object.fromEntries(Object.entries(of).flatMap(([value, list]) => list.map((word) => [word, value])));
  const deviceRequest = {
    all: () => request(devices, "/devices"),
    "by org": () => request(devices, "/accounts/{org.key}/devices", { for_each: "orgs", as: "org" }),
    "by site": () => request(devices, "/sites/{site.key}/devices", { for_each: "sites", as: "site" }),
  }[layout]();
  return {
    profile: 1,
    name: "generated",
    title: "Generated",
    auth: { scheme: "bearer" },
    inventory: {
      requests: {
        orgs: request(orgs, "/accounts"),
        sites: request(sites, "/sites"),
        devices: deviceRequest,
        ...(joined && { states: request(statuses, "/states") }),
      },
      orgs: { from: "orgs", fields: { org_id: "item.key", name: "item.label" } },
      sites: { from: "sites", fields: { site_id: "item.key", org_id: "item.account", name: "item.label" } },
      devices: {
        from: "devices",
        id_prefix: prefix,
        ...(joined && { join: { reported: { from: "states", on: "item.serial", equals: "other.serial" } } }),
        fields: {
          device_id: "item.serial",
          org_id: "item.account",
          site_id: "item.place",
          name: "item.label",
          type: "item.kind",
          status: joined ? "reported.state" : "item.state",
          status_changed_at: { value: "item.changed", time: unit },
          last_seen_at: { value: "item.seen", time: unit },
          mac_addresses: "item.net.macs",
          model: "item.model",
        },
      },
    },
    words: { type: table(TYPES), status: table(STATUSES) },
  };
}

const byId = (member: string) => (a: object, b: object) =>
  String(Reflect.get(a, member)) < String(Reflect.get(b, member)) ? -1 : 1;

/** Times compare as moments; the vendor's own words are extra. */
const comparable = ({ vendor_type: _, vendor_status: __, ...device }: Device) => ({
  ...device,
  ...Object.fromEntries(
    Object.entries(device).flatMap(([name, value]) =>
      name.endsWith("_at") ? [[name, new Date(String(value)).toISOString()]] : [],
    ),
  ),
});

test("a random estate comes back unchanged, however its vendor serves it", { timeout: 60_000 }, async () => {
  const styles = new Set<string>();
  await fc.assert(
    fc.asyncProperty(estateArbitrary, variantArbitrary, async (estate, variant) => {
      const { devices: style } = variant;
      styles.add(`${JSON.stringify(style.paging)} ${style.envelope}`);
      const vendor = toVendor(estate, variant);
      const profile = readProfile(JSON.stringify(toProfile(variant)), "generated.json");
      const client = createVendorClient({
        baseUrl: FAKE_BASE,
        credential: { apiKey: "unused" },
        fetch: createContractFetch(profile, {
          baseUrl: FAKE_BASE,
          credential: { apiKey: "the-key" },
          fetch: vendor.fetch,
          sleep: async () => {},
        }),
      });
      const expected = toContract(estate, variant.prefix);
      const devices: Device[] = await all(client.devices({ limit: 7 }));
      const orgs: Org[] = await all(client.orgs());
      const sites: Site[] = await all(client.sites());
      expect(orgs.sort(byId("org_id"))).toEqual(expected.orgs.sort(byId("org_id")));
      expect(sites.sort(byId("site_id"))).toEqual(expected.sites.sort(byId("site_id")));
      expect(devices.map(comparable).sort(byId("device_id"))).toEqual(
        expected.devices.sort(byId("device_id")),
      );
      expect(new Set(vendor.calls.map(({ headers }) => headers.get("authorization")))).toEqual(
        new Set(["Bearer the-key"]),
      );
    }),
    { numRuns: 150, endOnFailure: false },
  );
  // Each way of paging occurs, so the property says something about it.
  expect(styles.size).toBeGreaterThan(15);
});
