import { generateKeyPairSync, sign } from "node:crypto";
import { DEVICE_STATUS_CHANGED } from "@convergint/schemas";
import { describe, expect, test } from "vitest";
import type { Delivery, Exchange, Listing } from "../evidence/exchange.ts";
import { delivery, exchange, listing } from "../evidence/testing/recorded.ts";
import type { Recorded } from "../suite/grade.ts";
import { compareRuns, IncomparableError } from "./compare.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const START = Date.parse("2026-11-23T08:00:00Z");
const API = "https://vendor.example";

interface Content {
  /** When the newer run took place, in days after the older run. */
  readonly after?: number;
  readonly manifest?: object;
  readonly sites?: readonly object[];
  readonly devices?: readonly object[];
  readonly commands?: readonly Exchange[];
  readonly deliveries?: readonly Delivery[];
  readonly sitesResponse?: { readonly status?: number; readonly headers?: Record<string, string> };
}

const device = (id: string, serial: string, more: object = {}) => ({
  device_id: id,
  org_id: "o",
  site_id: "s",
  name: `camera ${serial}`,
  type: "camera",
  manufacturer: "Example Optics",
  model: "XO-4D",
  serial_number: serial,
  ...more,
});
const DEVICES = ["1", "2", "3", "4"].map((number) => device(`id-${number}`, number));
const site = (id: string, name: string) => ({ site_id: id, org_id: "o", name });

/** Makes the record of one run. */
function run({
  after = 0,
  manifest = {},
  sites = [site("s", "Hall")],
  devices = DEVICES,
  commands = [],
  deliveries = [],
  sitesResponse = {},
}: Content): Recorded {
  const at = (each: Exchange): Exchange => ({
    ...each,
    startedAt: new Date(START + after * DAY_MS).toISOString(),
  });
  const pages = (path: string, data: Listing, response = {}): Listing => ({
    ...data,
    pages: data.pages.map((page) => at(exchange(page.response?.body, { url: `${API}${path}`, ...response }))),
  });
  const content = {
    contract_version: "1.0",
    vendor: { id: "example" },
    api_base: API,
    event_types: [{ type: DEVICE_STATUS_CHANGED }],
    ...manifest,
  };
  const parts = {
    discovery: { manifest: at(exchange(content, { url: `${API}/.well-known/vendor-cloud` })) },
    orgs: { listing: pages("/v1/orgs", listing({ org_id: "o", name: "Org" })) },
    sites: { listing: pages("/v1/sites", listing(...sites), sitesResponse) },
    devices: { listing: pages("/v1/devices", listing(...devices)) },
    health: { deliveries, commands },
  };
  return {
    record: { parts, missing: {} },
    startedAt: new Date(START + after * DAY_MS),
    finishedAt: new Date(START + after * DAY_MS + 1),
  } as unknown as Recorded;
}

/** Compares two runs. @returns the verdicts on requirements that are broken or doubtful */
function compare(older: Content, newer: Content) {
  const all = compareRuns(run(older), run({ after: 1, ...newer }));
  return Object.fromEntries(
    all
      .filter(({ verdict }) => verdict === "fail" || verdict === "could-not-run")
      .map(({ id, verdict }) => [id, verdict]),
  );
}

test("accepts what a vendor may change", () => {
  const [first = {}, ...others] = DEVICES;
  const changed = [{ ...first, name: "renamed", type: "other", firmware_version: "2" }, ...others.slice(1)];
  expect(compare({}, {})).toEqual({});
  expect(compare({}, { devices: [...changed, device("id-9", "9")], sites: [site("s", "New hall")] })).toEqual(
    {},
  );
  // The hardware of the device was replaced, and the new hardware keeps the id.
  expect(compare({}, { devices: [{ ...first, serial_number: "77" }, ...others] })).toEqual({});
});

describe("INV-008", () => {
  test("is unclear if one of several devices has a new id, and broken if most have", () => {
    const [, ...others] = DEVICES;
    expect(compare({}, { devices: [device("id-new", "1"), ...others] })).toEqual({
      "INV-008": "could-not-run",
    });
    expect(
      compare({}, { devices: DEVICES.map((each) => ({ ...each, device_id: `n-${each.device_id}` })) }),
    ).toEqual({
      "INV-008": "fail",
    });
  });

  test("is broken if two devices exchanged their ids", () => {
    const devices = [device("id-2", "1"), device("id-1", "2"), ...DEVICES.slice(2)];
    expect(compare({}, { devices })).toEqual({ "INV-008": "fail" });
  });

  test("is broken if two sites exchanged their ids and kept their devices", () => {
    const sites = [site("s", "Hall"), site("t", "Library")];
    const devices = DEVICES.map((each, index) => ({ ...each, site_id: index < 2 ? "s" : "t" }));
    const exchanged = {
      sites: [site("t", "Hall"), site("s", "Library")],
      devices: devices.map((each) => ({ ...each, site_id: each.site_id === "s" ? "t" : "s" })),
    };
    expect(compare({ sites, devices }, exchanged)).toEqual({ "INV-008": "fail" });
    // Two sites that exchanged only their names still have their devices.
    expect(compare({ sites, devices }, { sites: exchanged.sites, devices })).toEqual({});
  });

  test("is broken if a new device gets the id of an earlier device", () => {
    const created = (id: string): Exchange => {
      const added = exchange({ device_id: id }, { status: 201, url: `${API}/sandbox/devices` });
      return { ...added, request: { ...added.request, method: "POST" } };
    };
    expect(compare({ commands: [created("n-1")] }, { commands: [created("n-2")] })).toEqual({});
    expect(compare({ commands: [created("n-1")] }, { commands: [created("n-1")] })).toEqual({
      "INV-008": "fail",
    });
    expect(compare({}, { devices: DEVICES.slice(1), commands: [created("id-1")] })).toEqual({
      "INV-008": "fail",
    });
  });
});

describe("MAN-005", () => {
  test("is broken if a member disappears from every device or event", () => {
    const withMac = DEVICES.map((each) => ({ ...each, hostname: "cam" }));
    const [first = {}] = withMac;
    expect(compare({ devices: withMac }, {})).toEqual({ "MAN-005": "fail" });
    expect(compare({ devices: withMac }, { devices: [first, ...DEVICES.slice(1)] })).toEqual({});
    const events = (more: object, data: object) =>
      [1, 2, 3].map(() =>
        delivery({ type: DEVICE_STATUS_CHANGED, ...more, data: { status: "online", ...data } }),
      );
    const full = {
      deliveries: events({ sequence: "1" }, { previous_status: "offline", status_reason: "fault" }),
    };
    const withoutReason = { deliveries: events({ sequence: "1" }, { previous_status: "offline" }) };
    expect(compare(full, withoutReason)).toEqual({});
    expect(compare(full, { deliveries: events({}, { previous_status: "offline" }) })).toEqual({
      "MAN-005": "fail",
    });
    expect(compare(full, { deliveries: events({ sequence: "1" }, {}) })).toEqual({ "MAN-005": "fail" });
  });

  test("does not apply between two major versions", () => {
    const manifest = { contract_version: "2.0", event_types: [] };
    expect(compare({}, { manifest })).toEqual({ "MAN-006": "fail" });
  });
});

describe("MAN-006", () => {
  const headers = (from: number, to: number) => ({
    deprecation: `@${(START + from * DAY_MS) / 1000}`,
    sunset: new Date(START + to * DAY_MS).toUTCString(),
  });

  test("allows a withdrawal after an announced Sunset, and not before it", () => {
    const older = { sitesResponse: { headers: headers(-10, 175) } };
    const gone = { status: 410 };
    expect(compare(older, { after: 176, sites: [], sitesResponse: gone })["MAN-006"]).toBeUndefined();
    expect(compare(older, { after: 174, sites: [], sitesResponse: gone })["MAN-006"]).toBe("fail");
  });

  test("is unclear if there was time for an announcement between the runs", () => {
    const gone = { sites: [], sitesResponse: { status: 404 } };
    expect(compare({}, { after: 179, ...gone })["MAN-006"]).toBe("fail");
    expect(compare({}, { after: 181, ...gone })["MAN-006"]).toBe("could-not-run");
  });

  test("judges the headers of the newer run", () => {
    const verdictOf = (values: Record<string, string>) =>
      compare({}, { sitesResponse: { headers: values } })["MAN-006"];
    expect(verdictOf(headers(1, 181))).toBeUndefined();
    expect(verdictOf({ deprecation: headers(1, 0).deprecation })).toBeUndefined();
    expect(verdictOf(headers(1, 180.5))).toBe("fail");
    expect(verdictOf({ sunset: headers(0, 300).sunset })).toBe("fail");
    expect(verdictOf({ ...headers(1, 300), deprecation: "true" })).toBe("fail");
    expect(verdictOf({ ...headers(1, 300), sunset: "soon" })).toBe("fail");
  });
});

test("SIG-005 is broken if only a key signs that is less than 24 hours old", () => {
  const pair = () => {
    const { publicKey, privateKey } = generateKeyPairSync("ed25519");
    const bytes = Buffer.from(publicKey.export({ format: "jwk" }).x ?? "", "base64url");
    return { text: `whpk_${bytes.toString("base64")}`, privateKey };
  };
  const [earlier, later] = [pair(), pair()];
  const signedBy = (...pairs: (typeof earlier)[]): Delivery => {
    const posted = delivery({ type: DEVICE_STATUS_CHANGED }, { "webhook-id": "e", "webhook-timestamp": "1" });
    const signed = Buffer.concat([Buffer.from("e.1."), Buffer.from(posted.bodyBase64, "base64")]);
    const signatures = pairs.map(
      ({ privateKey }) => `v1a,${sign(null, signed, privateKey).toString("base64")}`,
    );
    return {
      ...posted,
      receivedAt: new Date(START + 20 * HOUR_MS).toISOString(),
      headers: { ...posted.headers, "webhook-signature": signatures.join(" ") },
    };
  };
  const keys = (...pairs: (typeof earlier)[]) => ({
    webhooks: { public_keys: pairs.map(({ text }) => text) },
  });
  const verdictOf = (before: object, posted: Delivery) =>
    compareRuns(
      run({ manifest: before }),
      run({ after: 0.5, manifest: keys(later), deliveries: [posted] }),
    ).find(({ id }) => id === "SIG-005")?.verdict;
  expect(verdictOf(keys(earlier), signedBy(later))).toBe("fail");
  expect(verdictOf(keys(earlier), signedBy(earlier, later))).toBe("pass");
  // Nothing to judge, because no key is new, or no delivery is early enough.
  expect(verdictOf(keys(earlier, later), signedBy(later))).toBe("not-applicable");
  const late = { ...signedBy(later), receivedAt: new Date(START + 25 * HOUR_MS).toISOString() };
  expect(verdictOf(keys(earlier), late)).toBe("not-applicable");
});

test("rejects bundles of two vendors, in the wrong order or without a manifest", () => {
  const other = { after: 1, manifest: { vendor: { id: "other" } } };
  expect(() => compareRuns(run({}), run(other))).toThrow(IncomparableError);
  expect(() => compareRuns(run({ after: 1 }), run({}))).toThrow("Give the older bundle first");
  const receiver = { ...run({}), record: { parts: {}, missing: {} } };
  expect(() => compareRuns(receiver, run({ after: 1 }))).toThrow("no manifest");
});
