import { describe, expect, test } from "vitest";
import { z } from "zod";
import { eventBatchSchema } from "./batch.ts";
import { ACCESS_DENIED } from "./events/access.ts";
import { eventSchemaOf } from "./events/event-types.ts";
import { DEVICE_STATUS_CHANGED } from "./events/health.ts";
import { describeFieldErrors, fieldErrors } from "./field-errors.ts";
import { manifestSchema } from "./manifest.ts";
import { deviceChangePageSchema, devicePageSchema } from "./page.ts";

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
