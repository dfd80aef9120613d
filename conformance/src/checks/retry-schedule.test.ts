import { describe, expect, test } from "vitest";
import type { Evidence } from "../evidence/evidence.ts";
import type { Behaviour } from "../evidence/resilience-evidence.ts";
import { delivery, exchange } from "../evidence/testing/recorded.ts";
import { judge } from "./testing/judge.ts";

const STARTED = Date.parse("2026-11-23T08:30:00.000Z");
const BEHAVIOURS: readonly Behaviour[] = [
  "healthy",
  "accepting",
  "refusing",
  "cutting",
  "redirecting",
  "busy",
  "overloaded",
  "gone",
];

const changes = Array.from({ length: 8 }, (_, index) => ({
  deviceId: `device-${index}`,
  status: "offline" as const,
  triggeredAt: new Date(STARTED).toISOString(),
  command: exchange({}),
}));

const eventOf = (deviceId: string) => ({
  id: `event-of-${deviceId}`,
  type: "com.convergint.device.status_changed.v1",
  data: { device_id: deviceId, status: "offline" },
});

/**
 * Returns the wait before a retry. Takes the number of the retry in the whole run and its number at the
 * endpoint.
 */
type Wait = (retry: number, endpoint: number) => number;

/** Makes evidence of a vendor that retries single events, or one batch per org, after these waits. */
function evidenceOf(orgs: number | "none", wait: Wait, refusals = 3) {
  let retries = 0;
  const events = changes.map(({ deviceId }) => eventOf(deviceId));
  const bodies =
    orgs === "none"
      ? events
      : Array.from({ length: orgs }, (_, org) => events.filter((_, index) => index % orgs === org));
  const findAttempts = (endpoint: number) =>
    bodies.flatMap((body) => {
      let receivedAt = STARTED;
      return Array.from({ length: 1 + refusals }, (_, attempt) => {
        if (attempt > 0) receivedAt += wait(retries++, endpoint) * 1000;
        return { ...delivery(body), receivedAt: new Date(receivedAt).toISOString() };
      });
    });
  return {
    discovery: { manifest: exchange({}) },
    retries: {
      scheduleSeconds: [5, 30, 300],
      refusals,
      changes,
      endpoints: Object.fromEntries(
        BEHAVIOURS.map((name, index) => [name, { created: exchange({}), deliveries: findAttempts(index) }]),
      ),
    },
  } as unknown as Partial<Evidence>;
}

const same: Wait = () => 5;
const varying: Wait = (retry) => 5 + (retry % 7) / 10;
const anotherAtEach: Wait = (_, endpoint) => 5 + endpoint / 10;

describe("DLV-008: waits vary at random", () => {
  test.each([
    ["eight events retried together", "none", same, "fail"],
    ["eight events retried at different times", "none", varying, "pass"],
    ["two batches per endpoint, retried together", 2, same, "fail"],
    ["two batches per endpoint, retried together, later at one endpoint", 2, anotherAtEach, "fail"],
    ["two batches per endpoint, retried at different times", 2, varying, "pass"],
  ] as const)("%s (batches: %s)", async (_, orgs, wait, outcome) => {
    for (const refusals of [1, 3]) {
      const finding = await judge("DLV-008", evidenceOf(orgs, wait, refusals));
      expect(finding).toMatchObject({ outcome });
      expect(finding).not.toHaveProperty("unseen");
    }
  });

  test("passes for a single batch, and reports that randomness could not be seen", async () => {
    const finding = await judge("DLV-008", evidenceOf(1, same));
    expect(finding).toMatchObject({ outcome: "pass", unseen: expect.stringContaining("too few") });
  });

  test("could not run if nothing was retried", async () => {
    const evidence = evidenceOf("none", same);
    for (const endpoint of Object.values(evidence.retries?.endpoints ?? {}))
      (endpoint.deliveries as unknown[]).splice(1);
    expect(await judge("DLV-008", evidence)).toMatchObject({ outcome: "could-not-run" });
  });
});

test("DLV-001 says how many of the declared retries were seen", async () => {
  const evidence = evidenceOf("none", (retry) => [5, 30][retry % 2] ?? 0, 2);
  const retries = { ...evidence.retries, scheduleSeconds: [5, 30, 300, 86_400] };
  expect(await judge("DLV-001", { ...evidence, retries })).toMatchObject({
    outcome: "pass",
    unseen: expect.stringContaining("only the first 2 of the 4 declared retries"),
  });
});

describe("DLV-003: a retry has a fresh timestamp", () => {
  /** Makes attempts that were signed at the given seconds, each with the time that it took to connect. */
  const judgeAttempts = (connecting: number, ...signedAt: readonly number[]) => {
    const evidence = evidenceOf("none", same, 1);
    const attempts = signedAt.map((seconds) => ({
      ...delivery(eventOf("device-0"), {
        "webhook-id": "event-of-device-0",
        "webhook-timestamp": String(Math.floor(STARTED / 1000) + seconds),
      }),
      receivedAt: new Date(STARTED + (seconds > 0 ? seconds + connecting : 0) * 1000).toISOString(),
    }));
    const created = exchange({ secret: `whsec_${Buffer.alloc(24).toString("base64")}` });
    const endpoints = { ...evidence.retries?.endpoints, cutting: { created, deliveries: attempts } };
    return judge("DLV-003", { retries: { ...evidence.retries, endpoints } });
  };

  test.each([
    ["signed again", 0, [0, 5], "pass"],
    ["signed again, then 3 s to connect", 3, [0, 1], "pass"],
  ] as const)("%s", async (_, connecting, signedAt, outcome) => {
    expect(await judgeAttempts(connecting, ...signedAt)).toMatchObject({ outcome });
  });
});
