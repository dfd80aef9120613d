import { describe, expect, test } from "vitest";
import type { Evidence } from "../evidence/evidence.ts";
import type { Delivery } from "../evidence/exchange.ts";
import { delivery, exchange } from "../evidence/testing/recorded.ts";
import { lostEventChecks } from "./lost-events.ts";

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
  return lostEventChecks[0]?.judge({ outage } as unknown as Partial<Evidence>);
}

describe("DLV-009 says where an event was lost", () => {
  test.each<[string, readonly Delivery[], string, string]>([
    [
      "never sent",
      [cutOff("other"), taken("other")],
      "no attempt at all in 60 s",
      "dropped before it was sent",
    ],
    [
      "sent once, as another was that came again",
      [cutOff("lost"), cutOff("other"), taken("other")],
      "and no other in 60 s",
      "has an end, or forgets",
    ],
    [
      "sent once, as all were",
      [cutOff("lost"), cutOff("other")],
      "and no other in 60 s",
      "not taken for a failure",
    ],
    [
      "sent three times, each as if for the first time",
      [...["a", "b", "c"].map((id) => attemptAt("lost", null, id)), taken("other")],
      "3 attempts",
      "the id and the bytes of the first attempt",
    ],
    [
      "sent twice, and the second not waited for",
      [cutOff("lost"), cutOff("lost"), taken("other")],
      "that hung up before it was answered",
      "Wait for the answer",
    ],
  ])("%s", async (_, down, actual, hint) => {
    const finding = await judge(down);
    if (finding?.outcome !== "fail") throw new Error("an event was lost");
    const [failure] = finding.failures;
    expect(failure.at).toBe(changes[0]?.command.id);
    expect(failure.actual).toContain(actual);
    expect(failure.actual).toContain("which was never down");
    expect(failure.hint).toContain(hint);
    expect(finding.judged).toBe(2);
  });

  test("and nothing where each came again", async () => {
    const down = [cutOff("lost"), cutOff("other"), taken("lost"), taken("other")];
    expect(await judge(down)).toMatchObject({ outcome: "pass" });
  });
});
