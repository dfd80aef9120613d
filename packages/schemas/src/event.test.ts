import { describe, expect, test } from "vitest";
import { eventSchema } from "./event.ts";
import {
  DEVICE_HEARTBEAT,
  DEVICE_STATUS_CHANGED,
  deviceHeartbeatEventSchema,
  deviceStatusChangedEventSchema,
  isDeviceEventType,
} from "./events/health.ts";

const event = {
  specversion: "1.0",
  id: "e",
  source: "urn:vendor:org:o",
  type: DEVICE_STATUS_CHANGED,
  time: "2026-11-23T08:30:00Z",
  data: { org_id: "o", site_id: "s", device_id: "d", status: "offline" },
};

describe("eventSchema", () => {
  test("keeps an event of an unknown type, with every extension", () => {
    const unknown = { ...event, type: "com.example.robot.escaped.v2", traceparent: "00-ab-cd-01" };
    expect(eventSchema.parse(unknown)).toEqual(unknown);
  });

  test.each([
    ["another specversion", { specversion: "0.3" }],
    ["no id", { id: undefined }],
    ["an id with a dot, which would make the signed content ambiguous", { id: "evt.1" }],
    ["an id that is not a valid header value", { id: "évt" }],
    ["a type without a version", { type: "com.example.thing" }],
    ["a time that is not UTC", { time: "2026-11-23T08:30:00+01:00" }],
    ["no org", { data: { site_id: "s" } }],
    ["no data", { data: undefined }],
  ])("rejects %s", (_, change) => {
    expect(eventSchema.safeParse({ ...event, ...change }).success).toBe(false);
  });
});

describe("device events", () => {
  test("carry the complete resulting status", () => {
    expect(deviceStatusChangedEventSchema.safeParse(event).success).toBe(true);
    const { status: _, ...withoutStatus } = event.data;
    expect(deviceStatusChangedEventSchema.safeParse({ ...event, data: withoutStatus }).success).toBe(false);
  });

  test("a heartbeat requires last_seen_at", () => {
    const heartbeat = { ...event, type: DEVICE_HEARTBEAT };
    expect(deviceHeartbeatEventSchema.safeParse(heartbeat).success).toBe(false);
    for (const [last_seen_at, accepted] of [
      ["2026-11-23T08:30:00Z", true],
      [null, false],
    ] as const) {
      const data = { ...event.data, last_seen_at };
      expect(deviceHeartbeatEventSchema.safeParse({ ...heartbeat, data }).success).toBe(accepted);
    }
  });

  test("are recognized only by their own types, not by members that every object has", () => {
    expect(isDeviceEventType(DEVICE_HEARTBEAT)).toBe(true);
    expect(isDeviceEventType("toString")).toBe(false);
  });
});
