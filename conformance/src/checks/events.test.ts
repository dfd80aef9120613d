import { describe, expect, test } from "vitest";
import { delivery, exchange, listing } from "../evidence/testing/recorded.ts";
import { judge, outcomeOf } from "./testing/judge.ts";

describe("every delivery of the run is judged", () => {
  const event = {
    ...{ id: "e", type: "com.convergint.alarm.raised.v1", time: "2026-11-23T08:30:00Z" },
    data: { org_id: "o", site_id: "s", device_id: "d" },
  };
  const outcomes = async (requirement: string, ...events: readonly object[]) =>
    outcomeOf(requirement, {
      devices: { listing: listing({ device_id: "d", site_id: "s", org_id: "o" }) },
      endpoints: { created: exchange({}), otherCreated: exchange({}) },
      health: { secret: "", changes: [], deliveries: [], otherDeliveries: [] },
      lifecycle: {
        rotation: exchange({}),
        deliveries: events.map((each) => delivery(each)),
        otherDeliveries: [],
      },
    });
  const about = (data: object) => ({ ...event, data: { ...event.data, ...data } });
  const connector = { connector_id: "d", site_id: "t", affected_site_ids: ["s", "t"] };
  test.each<[string, string, object[], string]>([
    ["EVT-003", "a listed device", [event], "pass"],
    ["EVT-003", "an unlisted device", [about({ device_id: "x" })], "fail"],
    ["EVT-003", "another site", [about({ site_id: "t" })], "fail"],
    ["EVT-003", "one of the sites that a connector serves", [about(connector)], "pass"],
    ["EVT-005", "the time of an outage hours ago", [{ ...event, time: "2026-11-23T02:30:00Z" }], "pass"],
    ["EVT-005", "a time in the future", [{ ...event, time: "2026-11-23T13:30:00Z" }], "fail"],
    ["EVT-006", "an event twice, its members in another order", [event, reverseMembers(event)], "pass"],
    ["EVT-006", "two events with one id", [event, about({ severity: "low" })], "fail"],
  ])("%s, %s", async (requirement, _, events, outcome) => {
    expect(await outcomes(requirement, ...events)).toBe(outcome);
  });
});

const reverseMembers = (event: object) => Object.fromEntries(Object.entries(event).toReversed());

describe("a refused sandbox command", () => {
  const problem = {
    title: "Conflict",
    status: 409,
    code: "device_unreachable",
    detail: "Its connector is down.",
  };
  const evidence = {
    health: {
      changes: [
        {
          deviceId: "d",
          status: "offline",
          window: { from: 0, to: 0 },
          waitedSeconds: 1,
          command: exchange(problem, {
            status: 409,
            headers: { "content-type": "application/problem+json" },
          }),
          inventoryAfter: exchange({ device_id: "d", status: "unknown" }),
        },
      ],
      deliveries: [],
      otherDeliveries: [],
      latencySeconds: 1,
    },
  };

  test.each(["EVT-001", "EVT-004", "EVT-007"])("%s could not run, because nothing changed", async (id) => {
    expect(await outcomeOf(id, evidence)).toBe("could-not-run");
  });

  test("SBX-001 reports it with the vendor's own message", async () => {
    expect(await judge("SBX-001", evidence)).toMatchObject({
      outcome: "fail",
      failures: [{ actual: '409 device_unreachable ("Its connector is down.")' }],
    });
  });
});
