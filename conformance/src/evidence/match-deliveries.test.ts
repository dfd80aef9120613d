import { describe, expect, test } from "vitest";
import { findAttempts } from "./match-deliveries.ts";
import { delivery } from "./testing/recorded.ts";

const event = (id: string, status: string, more: object = {}) => ({
  id,
  type: "com.convergint.device.status_changed.v1",
  data: { device_id: "d", status, ...more },
});

describe("attempts at the delivery of a change", () => {
  const change = { deviceId: "d", status: "offline" };
  const post = (id: string, body: object) => delivery(body, { "webhook-id": id });
  const first = post("1", event("1", "offline"));
  const other = post("2", event("2", "offline", { status_reason: "power_loss" }));

  test.each([
    ["with the same webhook-id", post("1", event("other body", "offline"))],
    ["with the same body", post("other id", event("1", "offline"))],
  ])("include a retry %s", (_, retry) => {
    expect(findAttempts(change, [first, other, retry])).toEqual([first, retry]);
  });

  test("do not include another event with the same status", () => {
    expect(findAttempts(change, [first, other])).toEqual([first]);
  });

  test("without a webhook-id are recognized by their body", () => {
    const [one, two] = [event("1", "offline"), event("2", "offline")].map((body) => delivery(body));
    expect(findAttempts(change, [one, two, one] as never)).toEqual([one, one]);
  });
});
