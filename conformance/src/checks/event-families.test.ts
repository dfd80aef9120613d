import { describe, expect, test } from "vitest";
import type { Evidence } from "../evidence/evidence.ts";
import { delivery, exchange } from "../evidence/testing/recorded.ts";
import { eventFamilyChecks } from "./event-families.ts";

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

/** What is found of an alarm that was asked for. */
async function failuresOf(body: unknown) {
  const occurrence = {
    ...{ type: alarm.type, deviceId: "d", waitedSeconds: 1, from: 0 },
    command: exchange({}, { status: 202 }),
  };
  const families = { events: [occurrence], untried: [], deliveries: [delivery(body)], waitSeconds: 1 };
  const finding = await eventFamilyChecks
    .find(({ requirement }) => requirement === "EVT-015")
    ?.judge({ families } as unknown as Partial<Evidence>);
  return finding?.outcome === "fail" ? finding.failures.map(({ where }) => where) : finding?.outcome;
}

describe("EVT-015 and what is wrong with an alarm as any event, which is EVT-002's matter", () => {
  test.each<[string, unknown, unknown]>([
    ["nothing", alarm, "pass"],
    ["no source, and it is posted alone", withoutSource, "pass"],
    ["no source, in a batch, which EVT-002 does not look into", [withoutSource], ["/source"]],
    ["no alarm_id", { ...alarm, data: withoutId }, ["/data/alarm_id"]],
    ["neither", { ...withoutSource, data: withoutId }, ["/data/alarm_id"]],
  ])("%s", async (_, body, found) => {
    expect(await failuresOf(body)).toEqual(found);
  });
});
