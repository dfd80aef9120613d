import { describe, expect, test } from "vitest";
import { z } from "zod";
import { eventBatchSchema } from "./batch.ts";
import { deviceChangeSchema, deviceSchema } from "./device.ts";
import { ACCESS_DENIED } from "./events/access.ts";
import { eventSchemaOf } from "./events/event-types.ts";
import { DEVICE_STATUS_CHANGED } from "./events/health.ts";
import { describeFieldErrors, fieldErrors } from "./field-errors.ts";
import { manifestSchema } from "./manifest.ts";
import { deviceChangePageSchema, devicePageSchema } from "./page.ts";
import { siteSchema } from "./site.ts";
import { parseTolerantly } from "./tolerant.ts";

test("gives the JSON pointer of each error, escaped as in RFC 6901", () => {
  const schema = z.object({ "a/b": z.object({ "c~d": z.array(z.string()) }) });
  const parsed = schema.safeParse({ "a/b": { "c~d": ["x", 1] } });
  expect(parsed.success ? [] : fieldErrors(parsed.error).map(({ pointer }) => pointer)).toEqual([
    "/a~1b/c~0d/1",
  ]);
});

test("says how many errors it omits", () => {
  const errors = Array.from({ length: 7 }, (_, index) => ({ pointer: `/${index}`, message: "wrong" }));
  expect(describeFieldErrors(errors, 2)).toBe("/0: wrong; /1: wrong; and 5 more");
  expect(describeFieldErrors([{ pointer: "", message: "wrong" }])).toBe("(body): wrong");
});

const device = { device_id: "d", org_id: "o", site_id: "s", name: "North entrance", type: "camera" };
const page = { data: [device], next_cursor: null, snapshot: { id: "s", as_of: "2026-11-23T08:30:00Z" } };
const where = { org_id: "o", site_id: "s" };
const event = (type: string, data: object) => ({
  specversion: "1.0",
  id: "e",
  source: "urn:vendor:org:o",
  type,
  time: "2026-11-23T08:30:00Z",
  data: { ...where, ...data },
});

describe("the requirement of a field", () => {
  test("a page with a device that has no device_id", () => {
    const { device_id: _, ...nameless } = device;
    const { error } = devicePageSchema.safeParse({ ...page, data: [nameless] });
    const errors = error ? fieldErrors(error, devicePageSchema) : [];
    expect(errors).toEqual([
      {
        pointer: "/data/0/device_id",
        message: "This field is required. Send a text of 1 to 256 characters.",
        requirement: "INV-001",
      },
    ]);
    expect(describeFieldErrors(errors)).toBe(
      "/data/0/device_id: This field is required. Send a text of 1 to 256 characters. (INV-001)",
    );
    expect(error ? fieldErrors(error)[0]?.requirement : "").toBeNull();
  });

  test.each<[string, z.ZodType, unknown, string, string]>([
    [
      "a page without next_cursor",
      devicePageSchema,
      { ...page, next_cursor: undefined },
      "/next_cursor",
      "PAGE-002",
    ],
    [
      "a snapshot without as_of",
      devicePageSchema,
      { ...page, snapshot: { id: "s" } },
      "/snapshot/as_of",
      "PAGE-002",
    ],
    [
      "a field of a field",
      devicePageSchema,
      { ...page, data: [{ ...device, site: { address: { country: "USA" } } }] },
      "/data/0/site/address/country",
      "INV-001",
    ],
    [
      "a member of a list",
      devicePageSchema,
      { ...page, data: [device, { ...device, mac_addresses: [7] }] },
      "/data/1/mac_addresses/0",
      "INV-001",
    ],
    [
      "a tombstone in a page",
      deviceChangePageSchema,
      { ...page, data: [device, { ...device, lifecycle: "removed" }] },
      "/data/1/removed_at",
      "SYNC-003",
    ],
    [
      "a status",
      eventSchemaOf(DEVICE_STATUS_CHANGED),
      event(DEVICE_STATUS_CHANGED, { device_id: "d" }),
      "/data/status",
      "EVT-004",
    ],
    [
      "an org in data",
      eventSchemaOf("com.example.thing.v1"),
      event("com.example.thing.v1", { org_id: "" }),
      "/data/org_id",
      "EVT-003",
    ],
    [
      "a reason",
      eventSchemaOf(ACCESS_DENIED),
      event(ACCESS_DENIED, { device_id: "d", reason: null }),
      "/data/reason",
      "EVT-017",
    ],
    [
      "a person with only a name",
      eventSchemaOf(ACCESS_DENIED),
      event(ACCESS_DENIED, { device_id: "d", reason: "other", person: { name: "A. Example" } }),
      "/data/person/person_id",
      "EVT-018",
    ],
    [
      "an id in a batch",
      eventBatchSchema,
      [{ ...event("com.example.thing.v1", {}), id: "a.b" }],
      "/0/id",
      "EVT-006",
    ],
    ["a manifest", manifestSchema, {}, "/contract_version", "MAN-002"],
  ])("%s", (_, schema, value, pointer, requirement) => {
    const { error } = schema.safeParse(value);
    const [first] = error ? fieldErrors(error, schema) : [];
    expect(first).toMatchObject({ pointer, requirement });
  });

  test("is null if the schema names none", () => {
    const { error } = z.object({ a: z.record(z.string(), z.number()) }).safeParse({ a: { b: "c" } });
    expect(error && fieldErrors(error, z.object({ a: z.record(z.string(), z.number()) }))).toMatchObject([
      { pointer: "/a/b", requirement: null },
    ]);
  });
});

describe("a record that is parsed tolerantly", () => {
  const AT = "2026-11-23T08:30:00Z";
  const DEVICES: readonly z.ZodType[] = [deviceSchema, deviceChangeSchema];
  const mac = "00:11:22:aa:bb:cc";
  test.each<[string, object, object, Record<string, string>]>([
    ["a text that is too long", { hostname: "x".repeat(300) }, {}, { "/hostname": "/hostname" }],
    [
      "a time without zone",
      { last_seen_at: "2026-11-23T08:30:00" },
      {},
      { "/last_seen_at": "/last_seen_at" },
    ],
    [
      "a nested optional member, without its neighbors",
      { site: { name: "S", address: { city: "C", country: "USA" } } },
      { site: { name: "S", address: { city: "C" } } },
      { "/site/address/country": "/site/address/country" },
    ],
    [
      "a required member of an optional object, with that object",
      { site: { name: "S", coordinates: { latitude: 91, longitude: 0 } } },
      { site: { name: "S" } },
      { "/site/coordinates/latitude": "/site/coordinates" },
    ],
    [
      "entries of an array, without the others",
      { mac_addresses: [7, mac, "x".repeat(65), mac, null] },
      { mac_addresses: [mac, mac] },
      {
        "/mac_addresses/0": "/mac_addresses/0",
        "/mac_addresses/2": "/mac_addresses/2",
        "/mac_addresses/4": "/mac_addresses/4",
      },
    ],
    [
      "a whole array, if very many of its entries are invalid",
      { mac_addresses: [mac, ...Array.from({ length: 1000 }, () => 7)], hostname: 7, model: "M" },
      { model: "M" },
      { "/mac_addresses/1": "/mac_addresses", "/hostname": "/hostname" },
    ],
    ["a value outside a closed vocabulary", { lifecycle: "retired" }, {}, { "/lifecycle": "/lifecycle" }],
  ])("lacks %s", (_, sent, kept, dropped) => {
    for (const schema of DEVICES) {
      const { data, faults } = parseTolerantly({ ...device, ...sent }, schema);
      expect(data).toEqual({ ...device, ...kept });
      expect(Object.fromEntries(faults.map((fault) => [fault.pointer, fault.dropped]))).toEqual(dropped);
      for (const { requirement } of faults) expect(requirement).toBe("INV-001");
    }
  });

  test("is unusable without a required member, and names only what makes it so", () => {
    const { data, faults } = parseTolerantly({ ...device, site_id: "", hostname: 7 }, deviceSchema);
    expect(data).toBeNull();
    expect(faults).toMatchObject([{ pointer: "/site_id", value: "", dropped: "", requirement: "INV-001" }]);
    expect(parseTolerantly("x", deviceSchema)).toMatchObject({ data: null, faults: [{ pointer: "" }] });
  });

  test("gets the values that the caller gives for required members, only where the sent ones are invalid", () => {
    const instead = { name: "N", type: "other" };
    const { data, faults } = parseTolerantly({ ...device, name: "" }, deviceSchema, instead);
    expect(data).toEqual({ ...device, name: "N" });
    expect(faults).toMatchObject([{ pointer: "/name", value: "" }]);
    expect(parseTolerantly(device, deviceSchema, { name: 7 })).toEqual({ data: device, faults: [] });
    expect(parseTolerantly({ ...device, name: "" }, deviceSchema, { name: 7 }).data).toBeNull();
    const site = { site_id: "s", org_id: "o", name: 7, timezone: "Central Standard Time" };
    expect(parseTolerantly(site, siteSchema, { name: "s" }).data).toEqual({ ...where, name: "s" });
  });

  test("stays removed, whatever its removal time is", () => {
    for (const removed_at of [undefined, "yesterday"]) {
      const removed = { ...device, lifecycle: "removed", removed_at };
      for (const schema of DEVICES) {
        const { data, faults } = parseTolerantly(removed, schema, { removed_at: AT });
        expect(data).toMatchObject({ lifecycle: "removed", removed_at: AT });
        expect(faults).toHaveLength(1);
        expect(parseTolerantly(removed, schema).data).toBeNull();
      }
    }
  });
});

test("says what to send, where a schema has only zod's message", () => {
  const schema = z.strictObject({
    text: z.string().max(2),
    none: z.string(),
    list: z.array(z.string()).min(1),
    port: z.int().min(1).max(5),
    big: z.number().lt(3),
    mode: z.enum(["a", "b", "c"]),
    url: z.url(),
    either: z.union([z.string(), z.number()]),
  });
  const value = { text: "long", list: [], port: 0, big: 3, mode: "d", url: "x", either: null, other: 1 };
  const { error } = schema.safeParse(value);
  expect(error && describeFieldErrors(fieldErrors(error), 20).split("; ")).toEqual([
    "/text: Send at most 2 characters.",
    "/none: This field is required. Send a string.",
    "/list: Send at least 1 item.",
    "/port: Send a number that is at least 1.",
    "/big: Send a number that is less than 3.",
    '/mode: Send "a", "b" or "c".',
    "/url: Send a URL.",
    "/either: This has none of the forms that are allowed here.",
    '(body): Remove "other": no such field exists.',
  ]);
});
