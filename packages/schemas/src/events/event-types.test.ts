import { describe, expect, expectTypeOf, test } from "vitest";
import { eventSchema } from "../event.ts";
import { fieldErrors } from "../field-errors.ts";
import type { EventFamilyDescriptor } from "./event-family.ts";
import {
  type ContractEvent,
  contractEventType,
  EVENT_FAMILIES,
  EVENT_TYPES,
  eventSchemaOf,
  eventSchemas,
} from "./event-types.ts";
import { type EventFamily, eventFamilies, type OptionalEventFamily } from "./families.ts";

const place = { org_id: "o", site_id: "s" };

const eventOf = (type: string, data: object) => ({
  specversion: "1.0",
  id: "e",
  source: "urn:vendor:org:o",
  type,
  time: "2026-11-23T08:30:00Z",
  data,
});

describe.each(EVENT_TYPES)("$type", ({ type, family, version, description, schema, sample }) => {
  const least = { ...place, ...sample.required };

  test("requires exactly the required members of its sample, and keeps unknown ones", () => {
    const event = eventOf(type, { ...least, vendors_own: { deep: [1, null] } });
    expect(schema.parse(structuredClone(event))).toEqual(event);
    expect(eventSchema.parse(structuredClone(event))).toEqual(event);
    for (const member of Object.keys(least)) {
      const { error } = schema.safeParse(eventOf(type, { ...least, [member]: null }));
      expect(error ? fieldErrors(error).map(({ pointer }) => pointer) : []).toEqual([`/data/${member}`]);
    }
  });

  test("accepts the optional members of its sample, and null for each", () => {
    const event = eventOf(type, { ...least, ...sample.optional });
    expect(schema.parse(structuredClone(event))).toEqual(event);
    for (const member of Object.keys(sample.optional))
      expect(schema.safeParse(eventOf(type, { ...least, [member]: null })).success).toBe(true);
  });

  test("is not the schema of another type", () => {
    const { error } = schema.safeParse(eventOf("com.convergint.other.thing.v1", least));
    expect(error?.issues).toMatchObject([{ path: ["type"], message: `Send ${type}.` }]);
  });

  test("is named for its family and version", () => {
    const prefix = family === "health" || family === "inventory" ? "device" : family;
    expect(type.startsWith(`com.convergint.${prefix}.`)).toBe(true);
    expect(type.endsWith(`.v${version}`)).toBe(true);
    expect(description).toMatch(/^[A-Z].+\.$/);
  });
});

test("open vocabularies keep unknown values", () => {
  for (const [type, data] of [
    ["com.convergint.alarm.raised.v1", { alarm_type: "meteor", severity: "cosmic" }],
    ["com.convergint.access.denied.v1", { reason: "moon_phase", direction: "sideways" }],
    ["com.convergint.trouble.raised.v1", { trouble_type: "gremlins" }],
  ] as const) {
    const event = eventOf(type, { ...place, ...contractEventType(type)?.sample.required, ...data });
    expect(eventSchemas[type].parse(structuredClone(event))).toEqual(event);
  }
});

test("every event type belongs to one family, and every known family has its types", () => {
  expect(new Set(EVENT_TYPES.map(({ type }) => type)).size).toBe(EVENT_TYPES.length);
  const types = (wanted: string) => EVENT_TYPES.filter(({ family }) => family === wanted).length;
  expect(Object.fromEntries(EVENT_FAMILIES.map((family) => [family, types(family)]))).toMatchObject({
    health: 2,
    inventory: 3,
    alarm: 2,
    trouble: 2,
    access: 2,
    door: 3,
    video: 4,
    storage: 3,
    connector: 2,
    webhook: 1,
  });
  expect(EVENT_TYPES.filter(({ subject }) => subject === "org").map(({ family }) => family)).toEqual(
    expect.arrayContaining(["connector", "connector", "webhook"]),
  );
});

describe.each<EventFamilyDescriptor>(eventFamilies)(
  "the family $name",
  ({ types, sequences, pairedBy, requirement }) => {
    test("has only its own types in its sequences, and every type in one if it is certified by them", () => {
      const steps = new Set(sequences.flatMap((steps) => steps.map(({ type }) => type)));
      expect([...steps].filter((type) => !Object.hasOwn(types, type))).toEqual([]);
      if (sequences.length > 0)
        expect([requirement === null, steps.size]).toEqual([false, Object.keys(types).length]);
    });

    test("requires the member that pairs its events in each of them", () => {
      if (pairedBy === null) return expect(sequences.every(Array.isArray)).toBe(true);
      for (const { sample } of Object.values(types)) expect(sample.required).toHaveProperty(pairedBy);
    });
  },
);

test("the types of family names follow from the descriptors", () => {
  expectTypeOf<Exclude<EventFamily, OptionalEventFamily>>().toEqualTypeOf<"health" | "webhook">();
});

test("finds an event type only by its full name, not by a member that every object has", () => {
  expect(contractEventType("com.convergint.door.secured.v1")?.family).toBe("door");
  expect(contractEventType("toString")).toBeUndefined();
  expect(eventSchemaOf("toString")).toBe(eventSchema);
  expect(eventSchemaOf("com.example.robot.escaped.v2")).toBe(eventSchema);
});

test("the type determines the data", () => {
  const reasonOf = (event: ContractEvent) =>
    event.type === "com.convergint.access.denied.v1" ? event.data.reason : null;
  expectTypeOf(reasonOf).returns.toEqualTypeOf<string | null>();
});
