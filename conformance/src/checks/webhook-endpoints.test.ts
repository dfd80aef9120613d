import { describe, expect, test } from "vitest";
import { delivery, exchange } from "../evidence/testing/recorded.ts";
import { outcomeOf } from "./testing/judge.ts";

describe("SEC-001", () => {
  const secret = "whsec_AAAA/BBBB/CCCC/DDDD/EEEE/FFFF/GG==";
  test.each([
    ["no secret", JSON.stringify({ data: [{ endpoint_id: "we_1" }] }), "pass"],
    ["a secret", JSON.stringify({ data: [{ endpoint_id: "we_1", secret }] }), "fail"],
    ["a secret with escaped slashes", `{"data":[{"of":{"key":"${secret.replaceAll("/", "\\/")}"}}]}`, "fail"],
  ])("a list with %s", async (_, body, outcome) => {
    const created = exchange({ secret }, { status: 201 });
    expect(
      await outcomeOf("SEC-001", { endpoints: { created, otherCreated: created, listed: exchange(body) } }),
    ).toBe(outcome);
  });
});

describe("DLV-016 and DLV-017 at another endpoint", () => {
  const NOW = Date.parse("2026-11-23T08:30:00.000Z") / 1000;
  const post = (
    id: string,
    status: string,
    signedAt = NOW,
    type = "com.convergint.device.status_changed.v1",
  ) => delivery({ id, type, data: { device_id: "d", status } }, { "webhook-timestamp": String(signedAt) });
  const ping = post("ping", "", NOW, "com.convergint.webhook.ping.v1");
  const change = { deviceId: "d", status: "online", triggeredAt: "2026-11-23T08:30:01.000Z" };
  const evidence = (deliveredBeforeDeletion: number, ...otherDeliveries: readonly object[]) =>
    ({
      lifecycle: {
        ping: exchange({ event_id: "ping" }, { status: 202 }),
        deletion: exchange("", { status: 204, headers: { date: "Mon, 23 Nov 2026 08:30:00 GMT" } }),
        deliveredBeforeDeletion,
        afterDeletion: { ...change, window: { from: 1, to: 3 } },
        deliveries: [post("1", "offline"), ping, post("2", "online")],
        otherDeliveries,
      },
    }) as never;
  const before = post("1", "offline");

  test.each<[string, object[], string]>([
    ["nothing", [], "pass"],
    ["a webhook that was on its way, with the same status", [post("0", "online")], "pass"],
    ["the webhook of the later change", [post("2", "online")], "fail"],
    ["a retry that began after the deletion", [post("1", "offline", NOW + 10)], "fail"],
  ])("after its deletion, the endpoint gets %s: %s", async (_, later, outcome) => {
    expect(await outcomeOf("DLV-016", evidence(1, before, ...later))).toBe(outcome);
  });

  test.each<[string, object[], string]>([
    ["a later webhook", [before], "pass"],
    ["the ping too", [before, ping], "fail"],
    ["no later webhook", [{ ...before, receivedAt: "2026-11-23T08:29:59.000Z" }], "could-not-run"],
  ])("after a ping of one endpoint, another gets %s: %s", async (_, there, outcome) => {
    expect(await outcomeOf("DLV-017", evidence(0, ...there))).toBe(outcome);
  });
});
