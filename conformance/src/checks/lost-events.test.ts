import { describe, expect, test } from "vitest";
import type { Delivery } from "../evidence/exchange.ts";
import { delivery, exchange } from "../evidence/testing/recorded.ts";
import { judge as judgeById } from "./testing/judge.ts";

const changeOf = (deviceId: string) => ({
  deviceId,
  status: "offline" as const,
  triggeredAt: "2026-11-23T08:30:00.000Z",
  command: exchange({}),
});
const changes = [changeOf("lost"), changeOf("other")];

const attemptAt = (deviceId: string, answeredStatus: number | null, id = `of-${deviceId}`): Delivery => {
  const data = { device_id: deviceId, status: "offline" };
  const event = { id, type: "com.convergint.device.status_changed.v1", data };
  return { ...delivery(event, { "webhook-id": id }), answeredStatus };
};
const cutOff = (deviceId: string) => attemptAt(deviceId, null);
const taken = (deviceId: string) => attemptAt(deviceId, 204);

async function judge(down: readonly Delivery[]) {
  const created = exchange({});
  const healthy = { created, deliveries: changes.map(({ deviceId }) => taken(deviceId)) };
  const outage = { changes, waitedSeconds: 60, down: { created, deliveries: down }, healthy };
  return judgeById("DLV-009", { outage });
}

describe("DLV-009 reports where an event was lost", () => {
  test.each<[string, readonly Delivery[], string, string]>([
    [
      "never sent",
      [cutOff("other"), taken("other")],
      "no attempt at all in 60 s",
      "dropped before it was sent",
    ],
    [
      "sent once, while another event was retried",
      [cutOff("lost"), cutOff("other"), taken("other")],
      "and no retry in 60 s",
      "full or loses entries",
    ],
    [
      "sent once, like every event",
      [cutOff("lost"), cutOff("other")],
      "and no retry in 60 s",
      "does not treat a cut connection as a failure",
    ],
    [
      "sent three times, each time as a new delivery",
      [...["a", "b", "c"].map((id) => attemptAt("lost", null, id)), taken("other")],
      "3 attempts",
      "the id and the bytes of the first attempt",
    ],
    [
      "sent twice, without waiting for the second response",
      [cutOff("lost"), cutOff("lost"), taken("other")],
      "hung up before the receiver answered",
      "for the response",
    ],
  ])("%s", async (_, down, actual, hint) => {
    const finding = await judge(down);
    if (finding.outcome !== "fail") throw new Error(`not failed: ${finding.outcome}`);
    const [failure] = finding.failures;
    expect(failure.at).toBe(changes[0]?.command.id);
    expect(failure.actual).toContain(actual);
    expect(failure.actual).toContain("which was never down");
    expect(failure.hint).toContain(hint);
    expect(finding.judged).toBe(2);
  });

  test("passes if every event was retried", async () => {
    const down = [cutOff("lost"), cutOff("other"), taken("lost"), taken("other")];
    expect(await judge(down)).toMatchObject({ outcome: "pass" });
  });
});
