import { describe, expect, test } from "vitest";
import type { Delivery } from "../evidence/exchange.ts";
import { delivery, exchange } from "../evidence/testing/recorded.ts";
import { outcomeOf } from "./testing/judge.ts";

const created = exchange({});
const changes = ["one", "two"].map((deviceId) => ({
  deviceId,
  status: "offline" as const,
  triggeredAt: "2026-11-23T08:30:00.000Z",
  command: exchange({}),
}));
const events = changes.map(({ deviceId }) => ({
  id: `event-of-${deviceId}`,
  type: "com.convergint.device.status_changed.v1",
  data: { device_id: deviceId, status: "offline" },
}));

const batch = (id: string, body: readonly unknown[] = events): Delivery =>
  delivery(body, { "webhook-id": id, "content-type": "application/cloudevents-batch+json" });

/**
 * Makes evidence of two batches. One endpoint refuses the first batch once. Another endpoint refuses the
 * second batch repeatedly.
 */
function evidenceOf(refusedOnce: readonly Delivery[], refusedRepeatedly: readonly Delivery[]) {
  const quiet = { created, deliveries: [] };
  const endpoints = {
    refusing: { created, deliveries: refusedRepeatedly },
    ...{ cutting: quiet, redirecting: quiet, busy: quiet, overloaded: quiet },
  };
  return {
    vendorBatches: { changes, refusing: { created, deliveries: refusedOnce }, picky: quiet },
    retries: { changes, endpoints },
  };
}

describe("a retried batch", () => {
  const right = () => [batch("a"), batch("a")];
  test.each<[string, readonly Delivery[], readonly Delivery[], string, string]>([
    ["unchanged", right(), [batch("a"), batch("a"), batch("a")], "pass", "pass"],
    ["under another id after one refusal", [batch("a"), batch("b")], right(), "pass", "fail"],
    ["under another id at its third attempt", right(), [batch("a"), batch("a"), batch("b")], "pass", "fail"],
    [
      "with other bytes and another id",
      right(),
      [batch("a"), batch("b", events.toReversed())],
      "fail",
      "pass",
    ],
    ["two empty batches", right(), [batch("a", []), batch("b", [])], "could-not-run", "pass"],
    [
      "with other bytes under the same id",
      right(),
      [batch("a"), batch("a", events.toReversed())],
      "fail",
      "fail",
    ],
  ])("%s", async (_, once, again, retried, batched) => {
    const evidence = evidenceOf(once, again);
    expect([await outcomeOf("DLV-002", evidence), await outcomeOf("DLV-013", evidence)]).toEqual([
      retried,
      batched,
    ]);
  });
});

describe("DLV-014: a partly accepted batch is not retried", () => {
  const withPicky = (refused: readonly Delivery[], picky: readonly Delivery[]) => {
    const { vendorBatches, ...evidence } = evidenceOf(refused, []);
    return { ...evidence, vendorBatches: { ...vendorBatches, picky: { created, deliveries: picky } } };
  };
  test.each<[string, readonly Delivery[], readonly Delivery[], string]>([
    ["not retried, by a vendor that retries", [batch("a"), batch("a")], [batch("c")], "pass"],
    [
      "not retried, by a vendor that retries under another id",
      [batch("a"), batch("b")],
      [batch("c")],
      "pass",
    ],
    ["not retried, by a vendor that never retries", [batch("a")], [batch("c")], "could-not-run"],
    ["retried", [batch("a"), batch("b")], [batch("c"), batch("d", events.slice(1))], "fail"],
  ])("%s", async (_, refused, picky, outcome) => {
    expect(await outcomeOf("DLV-014", withPicky(refused, picky))).toBe(outcome);
  });
});
