import { describe, expect, expectTypeOf, test } from "vitest";
import { eventSchema } from "../event.ts";
import { fieldErrors } from "../field-errors.ts";
import { type ContractEvent, eventSchemaOf, eventSchemas } from "./event-schemas.ts";
import { contractEventType, EVENT_FAMILIES, EVENT_TYPES } from "./event-types.ts";

const device = { device_id: "d", org_id: "o", site_id: "s", name: "North entrance", type: "camera" };
const where = { org_id: "o", site_id: "s" };
const at = { ...where, device_id: "d" };

/** The least that each type's `data` may have; nothing here may be left out. */
const LEAST: Record<ContractEvent["type"], object> = {
  "com.convergint.device.status_changed.v1": { ...at, status: "offline" },
  "com.convergint.device.heartbeat.v1": { ...at, status: "online", last_seen_at: "2026-11-23T08:30:00Z" },
  "com.convergint.device.added.v1": device,
  "com.convergint.device.updated.v1": device,
  "com.convergint.device.removed.v1": { ...at, lifecycle: "removed", removed_at: "2026-11-23T08:30:00Z" },
  "com.convergint.alarm.raised.v1": { ...where, alarm_id: "a", alarm_type: "intrusion" },
  "com.convergint.alarm.cleared.v1": { ...where, alarm_id: "a", alarm_type: "intrusion" },
  "com.convergint.trouble.raised.v1": { ...where, trouble_id: "t", trouble_type: "battery_low" },
  "com.convergint.trouble.cleared.v1": { ...where, trouble_id: "t", trouble_type: "battery_low" },
  "com.convergint.access.granted.v1": at,
  "com.convergint.access.denied.v1": { ...at, reason: "no_permission" },
  "com.convergint.door.forced_open.v1": at,
  "com.convergint.door.held_open.v1": at,
  "com.convergint.door.secured.v1": at,
  "com.convergint.video.stream_lost.v1": at,
  "com.convergint.video.stream_restored.v1": at,
  "com.convergint.video.recording_failed.v1": at,
  "com.convergint.video.recording_restored.v1": at,
  "com.convergint.storage.degraded.v1": at,
  "com.convergint.storage.failed.v1": at,
  "com.convergint.storage.restored.v1": at,
  "com.convergint.connector.disconnected.v1": { ...where, connector_id: "c" },
  "com.convergint.connector.reconnected.v1": { ...where, connector_id: "c" },
  "com.convergint.webhook.ping.v1": where,
};

const eventOf = (type: string, data: object) => ({
  specversion: "1.0",
  id: "e",
  source: "urn:vendor:org:o",
  type,
  time: "2026-11-23T08:30:00Z",
  data,
});

describe.each(EVENT_TYPES)("$type", ({ type, family, version, description, schema }) => {
  test("asks for no less and no more than the contract, and keeps what it does not know", () => {
    const event = eventOf(type, { ...LEAST[type], vendors_own: { deep: [1, null] } });
    expect(schema.parse(structuredClone(event))).toEqual(event);
    expect(eventSchema.parse(structuredClone(event))).toEqual(event);
    for (const member of Object.keys(LEAST[type])) {
      const { error } = schema.safeParse(eventOf(type, { ...LEAST[type], [member]: null }));
      expect(error ? fieldErrors(error).map(({ pointer }) => pointer) : []).toEqual([`/data/${member}`]);
    }
  });

  test("is not the schema of another type", () => {
    const { error } = schema.safeParse(eventOf("com.convergint.other.thing.v1", LEAST[type]));
    expect(error?.issues).toMatchObject([{ path: ["type"], message: `Send ${type}.` }]);
  });

  test("is named for its family and version", () => {
    const prefix = family === "health" || family === "inventory" ? "device" : family;
    expect(type.startsWith(`com.convergint.${prefix}.`)).toBe(true);
    expect(type.endsWith(`.v${version}`)).toBe(true);
    expect(description).toMatch(/^[A-Z].+\.$/);
  });
});

test("open vocabularies keep words they do not know", () => {
  for (const [type, data] of [
    ["com.convergint.alarm.raised.v1", { alarm_type: "meteor", severity: "cosmic" }],
    ["com.convergint.access.denied.v1", { reason: "moon_phase", direction: "sideways" }],
    ["com.convergint.trouble.raised.v1", { trouble_type: "gremlins" }],
  ] as const) {
    const event = eventOf(type, { ...LEAST[type], ...data });
    expect(eventSchemas[type].parse(structuredClone(event))).toEqual(event);
  }
});

test("every family has its types, the device's own in two of them", () => {
  const types = (wanted: string) => EVENT_TYPES.filter(({ family }) => family === wanted).length;
  expect(Object.fromEntries(EVENT_FAMILIES.map((family) => [family, types(family)]))).toEqual({
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
  expect(EVENT_TYPES.filter(({ subject }) => subject === "org").map(({ family }) => family)).toEqual([
    "connector",
    "connector",
    "webhook",
  ]);
});

test("an event type is found by its name alone, and not by what every object has", () => {
  expect(contractEventType("com.convergint.door.secured.v1")?.family).toBe("door");
  expect(contractEventType("toString")).toBeUndefined();
  expect(eventSchemaOf("toString")).toBe(eventSchema);
  expect(eventSchemaOf("com.example.robot.escaped.v2")).toBe(eventSchema);
});

test("the type tells what data there is", () => {
  const reasonOf = (event: ContractEvent) =>
    event.type === "com.convergint.access.denied.v1" ? event.data.reason : null;
  expectTypeOf(reasonOf).returns.toEqualTypeOf<string | null>();
});
