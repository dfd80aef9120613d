import { createCampus, type Send } from "@convergint/example-vendor-cloud";
import { createVirtualClock } from "@convergint/testing/virtual-clock";
import { describe, expect, test } from "vitest";
import { checks } from "../checks/index.ts";
import type { Evidence, Stall } from "../evidence/evidence.ts";
import { explainLateness } from "../evidence/lateness.ts";
import { judge } from "../suite/judge.ts";
import { runSuite } from "../suite/run.ts";
import type { Clock } from "./clock.ts";
import { monitorLateness } from "./lateness.ts";

const START = Date.UTC(2026, 0, 1);
const at = (seconds: number) => new Date(START + seconds * 1000).toISOString();

/** A clock whose next timer fires when the test says so. */
function createManualClock() {
  let now = START;
  let timer = () => {};
  const clock: Clock = {
    now: () => now,
    monotonic: () => now,
    setTimer(callback) {
      timer = callback;
      return () => {
        timer = () => {};
      };
    },
  };
  const fireAfter = (ms: number) => {
    now += ms;
    timer();
  };
  return { clock, fireAfter };
}

describe("the monitor", () => {
  test("records a timer that fires late, with the lost time", () => {
    const { clock, fireAfter } = createManualClock();
    const { stalls } = monitorLateness(clock, () => 0);
    fireAfter(520);
    fireAfter(3500);
    expect(stalls).toEqual([{ until: at(4.02), lostMs: 3000 }]);
  });

  test("records a process that had work but no processor, although its timers were in time", () => {
    const { clock, fireAfter } = createManualClock();
    const { stalls } = monitorLateness(clock, () => 300);
    fireAfter(500);
    expect(stalls).toEqual([{ until: at(0.5), lostMs: 300 }]);
  });

  test("records nothing after it was stopped", () => {
    const { clock, fireAfter } = createManualClock();
    const { stalls, stop } = monitorLateness(clock, () => 0);
    stop();
    fireAfter(9000);
    expect(stalls).toEqual([]);
  });
});

describe("a failure", () => {
  const explain = (...stalls: readonly Stall[]) =>
    explainLateness(["discovery", "health"], {
      discovery: { manifest: { startedAt: at(-60), durationMs: 100 } },
      health: {
        changes: [{ command: { startedAt: at(0), durationMs: 100 } }],
        deliveries: [{ receivedAt: at(5) }],
      },
      lateness: { stalls },
    } as unknown as Partial<Evidence>);

  test("is doubtful if the machine lost a second while its evidence was recorded", () => {
    expect(explain({ until: at(3), lostMs: 600 }, { until: at(6), lostMs: 1400 })).toContain("for 2.0 s");
  });

  test("is certain if the machine lost less, or lost the time before or after", () => {
    expect(explain({ until: at(3), lostMs: 900 })).toBeNull();
    expect(explain({ until: at(-1), lostMs: 9000 }, { until: at(20), lostMs: 9000 })).toBeNull();
    expect(explain()).toBeNull();
  });
});

/** How long the suite does not run: longer than any time limit of DLV-007. */
const BLOCKED_MS = 30_000;
/** More endpoints than exist before the scenario that tests slow endpoints. */
const MANY_ENDPOINTS = 6;

test("DLV-007 could not run if the event loop was blocked while webhooks arrived", async () => {
  const apiKey = "key-of-the-late-campus";
  const virtual = createVirtualClock();
  let blockedMs = 0;
  // After a block, the clock is ahead. Timers that became due during the block then fire.
  const clock: Clock = {
    now: () => virtual.now() + blockedMs,
    monotonic: () => virtual.monotonic() + blockedMs,
    setTimer: virtual.setTimer,
  };
  const urls = new Map<string, Set<string>>();
  const send: Send = async (request, post) => {
    const id = request.headers["webhook-id"] ?? "";
    const seen = urls.get(id) ?? new Set();
    urls.set(id, seen.add(request.url));
    // Virtual time passes only after every command has been answered, so the block falls between the command
    // and the webhook.
    await new Promise<void>((resolve) => virtual.setTimer(resolve, 100));
    if (seen.size >= MANY_ENDPOINTS) blockedMs = BLOCKED_MS;
    return post(request);
  };
  const apiKeys = [{ key: apiKey, orgIds: "all" as const }];
  const campus = createCampus({ seed: 7, maxBuildings: 1, apiKeys, send, clock: virtual });
  const { signal } = new AbortController();
  const target = new URL(await campus.listen());
  const lateness = monitorLateness(clock, () => 0);
  const run = { seed: 7, burst: 10, signal, clock, lateness };
  const options = { target, credentials: { apiKey }, only: ["DLV-007"], ...run };
  const { results, record } = await virtual.run(() => runSuite(options));
  await virtual.run(() => campus.close());
  expect(results).toMatchObject([
    { verdict: "could-not-run", reason: expect.stringContaining("this machine was too busy") },
  ]);
  const { lateness: measured, ...parts } = record.parts;
  expect(measured?.stalls.map(({ lostMs }) => lostMs)).toContainEqual(expect.closeTo(BLOCKED_MS, -3));
  const [withoutLateness] = await judge(
    results.map(({ requirement }) => requirement),
    checks,
    { ...record, parts },
  );
  expect(withoutLateness?.verdict).toBe("fail");
});
