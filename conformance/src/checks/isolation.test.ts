import { describe, expect, test } from "vitest";
import { delivery, exchange, listing } from "../evidence/testing/recorded.ts";
import { judge, outcomeOf } from "./testing/judge.ts";

describe("SEC-006", () => {
  const answer = (status: number, code: string) =>
    exchange(
      { title: "No", status, code },
      { status, headers: { "content-type": "application/problem+json" } },
    );
  const unknown = answer(404, "unknown_endpoint");
  test.each<[string, object, object, string]>([
    ["the same response", answer(404, "unknown_endpoint"), {}, "pass"],
    ["a ping", exchange({ event_id: "e" }, { status: 202 }), {}, "fail"],
    ["403", answer(403, "forbidden"), {}, "fail"],
    ["the same response, and the endpoint is still there", unknown, { data: [{ endpoint_id: "e" }] }, "pass"],
    ["the same response, but the endpoint is gone", unknown, { data: [] }, "fail"],
  ])("another tenant's endpoint: %s: %s", async (_, theirs, listed, outcome) => {
    const endpoint = "data" in listed && { endpoint: { id: "e", listed: exchange(listed) } };
    expect(await outcomeOf("SEC-006", { isolation: { crossings: [{ theirs, unknown }], ...endpoint } })).toBe(
      outcome,
    );
  });
});

describe("SEC-008", () => {
  const event = (org_id: string, device_id: string, status = "offline") =>
    delivery({
      type: "com.convergint.device.status_changed.v1",
      subject: device_id,
      data: { org_id, device_id, status },
    });
  const change = (deviceId: string) => ({
    deviceId,
    status: "offline",
    window: { from: 0, to: 1 },
    command: exchange({}),
  });
  const evidence = (deliveries: readonly object[], otherDeliveries: readonly object[]) => ({
    orgs: { listing: listing({ org_id: "o1" }, { org_id: "both" }) },
    devices: { listing: listing({ device_id: "d1" }) },
    isolation: {
      orgs: listing({ org_id: "o2" }, { org_id: "both" }),
      devices: listing({ device_id: "d2" }),
    },
    otherTenant: {
      created: exchange({}),
      changes: [change("d1")],
      ownChanges: [change("d2")],
      deliveries,
      otherDeliveries,
    },
  });
  const [theirs, own] = [event("o1", "d1"), event("o2", "d2")];

  test.each<[string, object[], object[], string]>([
    ["each tenant gets its own events", [own], [theirs], "pass"],
    ["the first tenant's org", [own, theirs], [theirs], "fail"],
    ["the first tenant's org, and no own event", [theirs], [], "fail"],
    ["the first tenant's device under another org", [own, event("o2", "d1")], [theirs], "fail"],
    ["an event of the first tenant's org, and no device", [own, event("o1", "")], [theirs], "fail"],
    ["the second tenant's org at the first tenant's endpoint", [own], [theirs, own], "fail"],
    // SEC-005 reports an org or device that both tenants see.
    ["an org that both tenants have", [own, event("both", "d9")], [theirs], "pass"],
    ["no own event", [], [theirs], "could-not-run"],
    ["no event for the first tenant", [own], [], "could-not-run"],
  ])("%s: %s", async (_, deliveries, others, outcome) => {
    expect(await outcomeOf("SEC-008", evidence(deliveries, others))).toBe(outcome);
  });

  test("names the misdirected event and its org", async () => {
    expect(await judge("SEC-008", evidence([own, theirs], [theirs]))).toMatchObject({
      failures: [{ at: theirs.id, actual: expect.stringContaining('org "o1"') }],
    });
  });
});
