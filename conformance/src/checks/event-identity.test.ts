import { describe, expect, test } from "vitest";
import { delivery, exchange } from "../evidence/testing/recorded.ts";
import { outcomeOf } from "./testing/judge.ts";

describe("EVT-009", () => {
  const change = { deviceId: "d", status: "offline", window: { from: 0, to: 1 }, command: exchange({}) };
  const event = {
    id: "e",
    type: "com.convergint.device.status_changed.v1",
    data: { device_id: "d", status: "offline" },
  };
  const evidence = (...others: readonly object[]) => ({
    health: {
      changes: [change],
      deliveries: [
        delivery(event),
        delivery({ ...event, id: "later" }),
        delivery({ ...event, id: "of another", data: { ...event.data, device_id: "e" } }),
      ],
      otherDeliveries: others.map((each) => delivery(each)),
    },
    lifecycle: { deliveries: [], otherDeliveries: [] },
  });
  test.each<[string, object[], string]>([
    ["identical", [event], "pass"],
    ["with members in another order", [{ data: event.data, type: event.type, id: "e" }], "pass"],
    ["with another id", [{ ...event, id: "f" }], "fail"],
    ["with another time", [{ ...event, time: "2026-11-23T08:30:00Z" }], "fail"],
    ["with an extra member", [{ ...event, data: { device_id: "d", status: "offline", zone: "1" } }], "fail"],
    ["missing", [], "could-not-run"],
    ["with the id of an event of another device", [{ ...event, id: "of another" }], "fail"],
    ["after another event with the same status", [{ ...event, id: "later" }, event], "pass"],
    ["missing, with another event of the same status", [{ ...event, id: "later" }], "could-not-run"],
    ["with another id and time", [{ ...event, id: "f", time: "2026-11-23T08:30:00Z" }], "fail"],
  ])("the same event at another endpoint, %s: %s", async (_, others, outcome) => {
    expect(await outcomeOf("EVT-009", evidence(...others))).toBe(outcome);
  });
});

describe("EVT-009 for the events that the suite requested", () => {
  const raised = {
    ...{ id: "e", source: "urn:o", type: "com.convergint.alarm.raised.v1", time: "2026-11-23T08:30:00Z" },
    data: { device_id: "d", alarm_id: "a" },
  };
  test.each<[string, object, string]>([
    ["identical", raised, "pass"],
    ["with another id", { ...raised, id: "f" }, "fail"],
    ["with another severity", { ...raised, data: { ...raised.data, severity: "low" } }, "fail"],
    ["missing", { ...raised, id: "g", data: { device_id: "other" } }, "could-not-run"],
  ])("the same event at the first endpoint, %s: %s", async (_, other, outcome) => {
    const evidence = {
      health: { changes: [], deliveries: [], otherDeliveries: [] },
      lifecycle: { deliveries: [delivery(other)], otherDeliveries: [] },
      families: {
        events: [
          {
            ...{ type: raised.type, deviceId: "d", from: 0, waitedSeconds: 1 },
            command: exchange({ event_id: "e" }),
          },
        ],
        deliveries: [delivery(raised)],
      },
    };
    expect(await outcomeOf("EVT-009", evidence)).toBe(outcome);
  });
});
