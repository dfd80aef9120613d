import { describe, expect, test } from "vitest";
import { delivery, exchange, listing } from "../evidence/testing/recorded.ts";
import { judge } from "./testing/judge.ts";

const alarm = {
  specversion: "1.0",
  id: "evt_1",
  source: "urn:vendor:org:o",
  type: "com.convergint.alarm.raised.v1",
  time: "2026-11-23T08:30:00.250Z",
  data: {
    ...{ org_id: "o", site_id: "s", device_id: "d", alarm_id: "alarm_1" },
    ...{ severity: "high", alarm_type: "intrusion" },
  },
};
const { source: _source, ...withoutSource } = alarm;
const { alarm_id: _id, ...withoutId } = alarm.data;

/**
 * Returns the pointers at which EVT-015 fails for a requested alarm. If EVT-015 does not fail, returns the
 * outcome.
 */
async function failuresOf(body: unknown) {
  const occurrence = {
    ...{ type: alarm.type, deviceId: "d", waitedSeconds: 1, from: 0 },
    command: exchange({}, { status: 202 }),
  };
  const families = { events: [occurrence], untried: [], deliveries: [delivery(body)], waitSeconds: 1 };
  const finding = await judge("EVT-015", { families });
  return finding.outcome === "fail" ? finding.failures.map(({ where }) => where) : finding.outcome;
}

describe("EVT-015 reports only what EVT-002 does not", () => {
  test.each<[string, unknown, unknown]>([
    ["a valid alarm", alarm, "pass"],
    ["no source, posted singly", withoutSource, "pass"],
    ["no source, in a batch, which EVT-002 does not judge", [withoutSource], ["/source"]],
    ["no alarm_id", { ...alarm, data: withoutId }, ["/data/alarm_id"]],
    ["neither source nor alarm_id", { ...withoutSource, data: withoutId }, ["/data/alarm_id"]],
  ])("%s", async (_, body, found) => {
    expect(await failuresOf(body)).toEqual(found);
  });
});

describe("which device an event names", () => {
  const device = (device_id: string, type: string) => ({ device_id, type, org_id: "o", site_id: "s" });
  const listed = listing(device("reader-1", "reader"), device("door-1", "door"), device("panel-1", "panel"));
  const granted = (data: object, id = "evt_1") => ({
    ...alarm,
    id,
    type: "com.convergint.access.granted.v1",
    data: { org_id: "o", site_id: "s", ...data },
  });
  const judgeEvent = (
    requirement: string,
    event: { type: string },
    deviceId: string,
    earlier: object[] = [],
  ) =>
    judge(requirement, {
      devices: { listing: listed },
      families: {
        events: [
          {
            ...{ type: event.type, deviceId, waitedSeconds: 1, from: earlier.length },
            command: exchange({ event_id: "evt_1" }, { status: 202 }),
          },
        ],
        untried: [],
        deliveries: [...earlier, event].map((each) => delivery(each)),
        waitSeconds: 1,
      },
    });

  test.each<[string, object, string]>([
    ["the reader, which was asked", { device_id: "reader-1" }, "pass"],
    ["the door, which the access concerns", { device_id: "door-1" }, "pass"],
    ["a device of another kind", { device_id: "panel-1" }, "fail"],
    ["a device that does not exist", { device_id: "door-2" }, "fail"],
  ])("%s", async (_, data, outcome) => {
    expect((await judgeEvent("EVT-017", granted(data), "reader-1")).outcome).toBe(outcome);
  });

  test.each<[string, object, string]>([
    ["a card number in a text", { description: "Granted to card no. 4711-10442" }, "fail"],
    ["a PIN in a text", { note: "opened with PIN: 4821" }, "fail"],
    ["the number of a reader", { description: "Card reader 200, badge scan" }, "pass"],
    ["an id with the word card", { credential: { credential_id: "card-0010442" } }, "pass"],
  ])("EVT-018, %s", async (_, data, outcome) => {
    const event = granted({ device_id: "door-1", ...data });
    expect((await judgeEvent("EVT-018", event, "door-1")).outcome).toBe(outcome);
  });

  test("a connector event may name only its connector", async () => {
    const lost = {
      ...granted({ connector_id: "bridge-2" }),
      type: "com.convergint.connector.disconnected.v1",
    };
    expect((await judgeEvent("EVT-022", lost, "panel-1")).outcome).toBe("pass");
  });

  test("an event that had arrived before does not count again", async () => {
    const again = granted({ device_id: "door-1" }, "evt_0");
    expect((await judgeEvent("EVT-017", again, "door-1", [again])).outcome).toBe("fail");
  });
});
