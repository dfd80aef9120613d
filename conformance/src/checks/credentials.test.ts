import { describe, expect, test } from "vitest";
import type { Evidence } from "../evidence/evidence.ts";
import { delivery, exchange, listing } from "../evidence/testing/recorded.ts";
import { checks } from "./index.ts";

async function judge(id: string, evidence: object) {
  const check = checks.find(({ requirement }) => requirement === id);
  return check?.judge(evidence as Partial<Evidence>);
}
const refused = (status: number) => exchange({}, { status });

describe("AUTH-006", () => {
  test.each([
    [[401, 401], 401, "pass"],
    [[401, 200], 401, "fail"],
    [[403], 401, "fail"],
    [[404], 401, "fail"],
    // What any credential opens says nothing of withdrawn ones.
    [[200], 200, "could-not-run"],
    [[], 401, "could-not-run"],
  ])("calls answered %j, made-up credentials %d: %s", async (statuses, madeUp, outcome) => {
    const evidence = {
      authentication: { withoutCredential: [], wrongCredential: [refused(madeUp)], wrongKey: "k" },
      withdrawal: { calls: statuses.map(refused) },
    };
    expect((await judge("AUTH-006", evidence))?.outcome).toBe(outcome);
  });
});

describe("SBX-004", () => {
  const status = (of: string) => exchange({ device_id: "d", status: of });
  test.each<[number[], string, string, string]>([
    [[401], "online", "offline", "pass"],
    [[403, 404], "online", "offline", "pass"],
    [[200], "offline", "offline", "fail"],
    [[403, 200], "online", "offline", "fail"],
    [[409], "online", "offline", "fail"],
    [[500], "online", "offline", "fail"],
    [[403], "offline", "offline", "fail"],
    // The control: a device that nobody can change.
    [[403], "online", "online", "could-not-run"],
  ])("answered %j, then %s, by its own credential %s: %s", async (statuses, after, controlled, outcome) => {
    const production = {
      commands: statuses.map(refused),
      commanded: "offline",
      deviceBefore: status("online"),
      deviceAfter: status(after),
      control: refused(200),
      deviceControlled: status(controlled),
    };
    expect((await judge("SBX-004", { production }))?.outcome).toBe(outcome);
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
  const evidence = (deliveries: readonly object[], deliveriesBeside: readonly object[]) => ({
    orgs: { listing: listing({ org_id: "o1" }, { org_id: "both" }) },
    devices: { listing: listing({ device_id: "d1" }) },
    isolation: {
      orgs: listing({ org_id: "o2" }, { org_id: "both" }),
      devices: listing({ device_id: "d2" }),
    },
    neighbour: {
      created: exchange({}),
      changes: [change("d1")],
      ownChanges: [change("d2")],
      deliveries,
      deliveriesBeside,
    },
  });
  const [theirs, own] = [event("o1", "d1"), event("o2", "d2")];

  test.each<[string, object[], object[], string]>([
    ["each its own", [own], [theirs], "pass"],
    ["the first tenant's org", [own, theirs], [theirs], "fail"],
    ["the first tenant's org, and nothing of its own", [theirs], [], "fail"],
    ["the first tenant's device by another org", [own, event("o2", "d1")], [theirs], "fail"],
    ["an event of the first tenant's org, and no device", [own, event("o1", "")], [theirs], "fail"],
    // What both see is SEC-005's matter.
    ["an org that both have", [own, event("both", "d9")], [theirs], "pass"],
    ["nothing of its own", [], [theirs], "could-not-run"],
    ["nothing to the first tenant", [own], [], "could-not-run"],
  ])("%s: %s", async (_, deliveries, beside, outcome) => {
    expect((await judge("SEC-008", evidence(deliveries, beside)))?.outcome).toBe(outcome);
  });

  test("says which event strayed, and why it should not have", async () => {
    expect(await judge("SEC-008", evidence([own, theirs], [theirs]))).toMatchObject({
      failures: [{ at: theirs.id, actual: expect.stringContaining('org "o1"') }],
    });
  });
});
