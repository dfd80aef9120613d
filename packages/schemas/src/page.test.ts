import { describe, expect, test } from "vitest";
import { eventBatchSchema } from "./batch.ts";
import { devicePageSchema, eventPageSchema } from "./page.ts";

const page = { data: [], next_cursor: null, snapshot: { id: "s", as_of: "2026-11-23T08:30:00Z" } };

describe("a page", () => {
  test("keeps unknown members", () => {
    const unknown = {
      ...page,
      took_ms: 12,
      snapshot: { ...page.snapshot, shard: "eu-1" },
      links: { self: "…" },
    };
    expect(devicePageSchema.parse(structuredClone(unknown))).toEqual(unknown);
  });

  test.each([
    ["without next_cursor", { next_cursor: undefined }],
    ["with an empty cursor", { next_cursor: "" }],
    ["with a cursor that is a number", { next_cursor: 2 }],
    ["without its snapshot", { snapshot: null }],
    ["with a fractional total_count", { snapshot: { ...page.snapshot, total_count: 0.5 } }],
    ["without data", { data: null }],
  ])("is invalid %s", (_, change) => {
    expect(devicePageSchema.safeParse({ ...page, ...change }).success).toBe(false);
  });

  test("of events keeps events of every type", () => {
    const event = {
      specversion: "1.0",
      id: "e",
      source: "urn:vendor:org:o",
      type: "com.example.robot.escaped.v2",
      time: "2026-11-23T08:30:00Z",
      data: { org_id: "o", site_id: "s", robot: 7 },
    };
    const events = { ...page, data: [event] };
    expect(eventPageSchema.parse(structuredClone(events))).toEqual(events);
    expect(eventBatchSchema.parse(structuredClone([event]))).toEqual([event]);
    for (const length of [0, 101])
      expect(eventBatchSchema.safeParse(Array.from({ length }, () => event)).success).toBe(false);
  });
});
