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
      endpoints: {
        created: { ...exchange({}), startedAt: "2026-11-23T08:29:00Z" },
        otherCreated: exchange({}),
      },
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
    [
      "EVT-003",
      "a device that is gone, before the endpoint",
      [{ ...about({ device_id: "x" }), time: "2026-11-23T08:28:00Z" }],
      "could-not-run",
    ],
    [
      "EVT-003",
      "a device that was added",
      [{ ...about({ device_id: "x" }), type: "com.convergint.device.added.v1" }],
      "pass",
    ],
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
      outcome: "could-not-run",
      reason: expect.stringContaining('409 device_unreachable ("Its connector is down.")'),
    });
  });
});

describe("what EVT-001 does not cover", () => {
  const device = (type: string) => ({ device_id: type, type, org_id: "o", site_id: "s", status: "online" });
  const changed = (deviceId: string) => ({
    ...{ deviceId, status: "offline", window: { from: 0, to: 1 }, waitedSeconds: 1 },
    command: exchange(device(deviceId)),
  });
  const event = (deviceId: string) => ({
    id: deviceId,
    type: "com.convergint.device.status_changed.v1",
    data: { device_id: deviceId, status: "offline" },
  });
  const declared = ["camera", "lock", "sensor"].map((type) => ({ type, status_from: ["events"] }));
  const judgeChanges = (changes: readonly { deviceId: string }[], variants: readonly object[] = []) => {
    const deliveries = changes.map(({ deviceId }) => delivery(event(deviceId)));
    return judge("EVT-001", {
      discovery: { manifest: exchange({ device_types: declared }) },
      devices: { listing: listing(device("camera"), device("sensor")) },
      health: { changes, variants, deliveries, otherDeliveries: deliveries, latencySeconds: 1 },
    });
  };
  const refused = { command: { ...exchange({}), response: null, failure: "--trigger-cmd exited with 1" } };

  test("names the device types whose trigger failed, and could not run", async () => {
    expect(await judgeChanges([changed("camera"), { ...changed("sensor"), ...refused }])).toMatchObject({
      outcome: "could-not-run",
      reason: expect.stringMatching(/of the type sensor: no answer \(--trigger-cmd exited with 1\)/),
    });
  });

  test("passes and names the types that were not tested", async () => {
    expect(await judgeChanges([changed("camera")])).toMatchObject({
      outcome: "pass",
      unseen:
        "changes of these device types were not tested: lock (not in the inventory), sensor (no device that the suite can restore)",
    });
  });

  test("passes and names the statuses that the vendor refused", async () => {
    const variant = { ...changed("camera"), status: "unknown", ...refused };
    expect(await judgeChanges([changed("camera")], [variant])).toMatchObject({
      outcome: "pass",
      unseen: expect.stringContaining("changes to unknown were not tested"),
    });
  });
});

describe("EVT-013", () => {
  const heartbeat = (id: string, time: string, deviceId = "d") => ({
    ...{ id, time, type: "com.convergint.device.heartbeat.v1" },
    data: { device_id: deviceId },
  });
  const judgeHeartbeats = (types: readonly string[], ...events: readonly object[]) =>
    judge("EVT-013", {
      discovery: {
        manifest: exchange({ event_types: types.map((type) => ({ type, delivery: ["webhook"] })) }),
      },
      health: { deliveries: [] },
      lifecycle: { deliveries: events.map((each) => delivery(each)), otherDeliveries: [] },
      heartbeats: { commands: [exchange({}, { status: 202 })], deliveries: [] },
    });
  const type = "com.convergint.device.heartbeat.v1";
  const first = heartbeat("a", "2026-11-23T08:30:00Z");
  test.each<[string, object[], string]>([
    ["one heartbeat, delivered twice", [first, first], "pass"],
    ["a second one a minute later", [first, heartbeat("b", "2026-11-23T08:31:00Z")], "fail"],
    ["a second one 5 minutes later", [first, heartbeat("b", "2026-11-23T08:35:00Z")], "pass"],
    ["a heartbeat of another device", [first, heartbeat("b", "2026-11-23T08:30:01Z", "e")], "pass"],
  ])("%s", async (_, events, outcome) => {
    expect((await judgeHeartbeats([type], ...events)).outcome).toBe(outcome);
  });

  test("says that no heartbeat arrived, and does not apply without heartbeats", async () => {
    expect(await judgeHeartbeats([type])).toMatchObject({
      outcome: "pass",
      unseen: expect.stringContaining("no heartbeat arrived"),
    });
    expect((await judgeHeartbeats([])).outcome).toBe("not-applicable");
  });
});

describe("EVT-008 of quick changes of one device", () => {
  const reported = (id: string, status: string, time: string) =>
    delivery({
      ...{ id, type: "com.convergint.device.status_changed.v1", time },
      data: { org_id: "o", site_id: "s", device_id: "d", status },
    });
  const change = (status: string) => ({ deviceId: "d", status, triggeredAt: "", command: exchange({}) });
  const outcome = (...deliveries: readonly ReturnType<typeof delivery>[]) =>
    outcomeOf("EVT-008", {
      health: {
        ...{ secret: "", changes: [], otherDeliveries: [], latencySeconds: 1 },
        deliveries: [reported("earlier", "degraded", "2026-11-23T08:29:00Z"), ...deliveries],
        rapid: { from: 1, changes: ["offline", "degraded", "unknown"].map(change) },
      },
    });
  const offline = reported("a", "offline", "2026-11-23T08:30:00.100Z");

  test("passes if they can be ordered, in whatever order they arrived", async () => {
    const unknown = reported("c", "unknown", "2026-11-23T08:30:00.300Z");
    expect(await outcome(unknown, offline)).toBe("pass");
  });

  test("fails if two have the same time and no sequence", async () => {
    expect(await outcome(offline, reported("c", "unknown", "2026-11-23T08:30:00.100Z"))).toBe("fail");
  });

  test("ignores a late copy of an earlier event with the same status", async () => {
    const copy = reported("earlier", "degraded", "2026-11-23T08:29:00Z");
    expect(await outcome(offline, copy)).toBe("could-not-run");
  });
});

describe("one endpoint that was registered by hand", () => {
  const changed = {
    ...{ deviceId: "d", status: "offline", triggeredAt: "2026-11-23T08:30:00Z", waitedSeconds: 1 },
    ...{ command: exchange({}, { status: 200 }), window: { from: 0, to: 1 }, inventoryAfter: exchange({}) },
  };
  const event = {
    ...{
      id: "e",
      type: "com.convergint.device.status_changed.v1",
      time: "2026-11-23T08:30:00Z",
      source: "s",
    },
    data: { org_id: "o", site_id: "s", device_id: "d", status: "offline" },
  };
  const posted = delivery(event);
  const evidence = {
    endpoints: {
      ...{ destination: "https://tunnel.example/a", otherDestination: null },
      ...{ secrets: ["whsec_AAAA"], since: "2026-11-23T08:29:00Z" },
    },
    health: {
      ...{ secret: "whsec_AAAA", latencySeconds: 5, changes: [changed] },
      ...{ deliveries: [posted], otherDeliveries: null },
    },
    lifecycle: { deliveries: [posted], otherDeliveries: [] },
  };

  test("passes EVT-001 and says that a second endpoint was not tested", async () => {
    expect(await judge("EVT-001", evidence)).toMatchObject({
      outcome: "pass",
      unseen: expect.stringContaining("only one endpoint was registered"),
    });
  });

  test("a delivery that two parts list is not the same event at two endpoints", async () => {
    expect(await outcomeOf("EVT-009", evidence)).toBe("could-not-run");
  });
});
