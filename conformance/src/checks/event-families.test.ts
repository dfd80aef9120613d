import { describe, expect, test } from "vitest";
import { delivery, exchange } from "../evidence/testing/recorded.ts";
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

/** Returns where EVT-015 fails for a requested alarm, or the outcome if it does not fail. */
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
