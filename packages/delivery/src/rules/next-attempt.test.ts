import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DEFAULT_RETRY_SCHEDULE_SECONDS, type NextAttempt, nextAttempt } from "./next-attempt.ts";
import type { Outcome } from "./outcome.ts";

const answered = (status: number, retryAfterSeconds?: number): Outcome => ({
  kind: "answered",
  status,
  ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
});
const failed: Outcome = { kind: "failed", reason: "unreachable", detail: "ECONNREFUSED" };
const retry = (waitSeconds: number): NextAttempt => ({ kind: "retry", waitSeconds });

describe("nextAttempt", () => {
  it.each<[string, Outcome, number, NextAttempt]>([
    ["is content with 200", answered(200), 1, { kind: "delivered" }],
    ["is content with 204, however late", answered(204), 9, { kind: "delivered" }],
    ["retries a redirect", answered(302), 1, retry(10)],
    ["retries 100 and the like", answered(199), 1, retry(10)],
    ["retries a refusal", answered(400), 1, retry(10)],
    ["retries a broken receiver", answered(500), 2, retry(100)],
    ["retries what got no answer", failed, 2, retry(100)],
    ["gives up at the schedule's end", answered(500), 3, { kind: "dead" }],
    ["gives up at the schedule's end, whatever Retry-After says", answered(503, 5), 3, { kind: "dead" }],
    ["stops at 410", answered(410), 1, { kind: "stop-endpoint" }],
    ["stops at 410, even at the schedule's end", answered(410), 3, { kind: "stop-endpoint" }],
    ["waits as long as 429 asks", answered(429, 40), 1, retry(40)],
    ["waits as long as 503 asks", answered(503, 40), 1, retry(40)],
    ["waits no shorter than the schedule", answered(503, 2), 1, retry(10)],
    ["waits an hour at most for Retry-After", answered(503, 90_000), 1, retry(3_600)],
    ["heeds Retry-After on nothing else", answered(500, 40), 1, retry(10)],
  ])("%s", (_name, outcome, attempts, expected) => {
    expect(nextAttempt(outcome, { attempts, scheduleSeconds: [10, 100], random: 0 })).toEqual(expected);
  });

  const failures = fc.oneof(
    fc.constant(failed),
    fc
      .integer({ min: 300, max: 599 })
      .filter((status) => status !== 410)
      .map((status) => answered(status)),
  );
  const chance = fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true });

  it("by default retries within a minute, with growing waits, for more than a day", () => {
    fc.assert(
      fc.property(failures, fc.array(chance, { minLength: 8, maxLength: 8 }), (outcome, chances) => {
        const waits = chances.map((random, index) => {
          const next = nextAttempt(outcome, { attempts: index + 1, random });
          return next.kind === "retry" ? next.waitSeconds : Number.NaN;
        });
        expect(waits[0]).toBeLessThanOrEqual(60);
        // The last two waits are so close that jitter may make the last one slightly shorter.
        for (const [index, wait] of waits.entries())
          expect(wait).toBeGreaterThan((waits[index - 1] ?? 0) * 0.99);
        expect(waits.reduce((sum, wait) => sum + wait, 0)).toBeGreaterThan(86_400);
        expect(nextAttempt(outcome, { attempts: 9 })).toEqual({ kind: "dead" });
      }),
    );
  });

  it("waits at least for the schedule and Retry-After, and little longer", () => {
    const schedules = fc.array(fc.double({ min: 0.001, max: 100_000, noNaN: true }), { minLength: 1 });
    fc.assert(
      fc.property(schedules, fc.nat(200_000), chance, (scheduleSeconds, asked, random) => {
        for (const [index, nominal] of scheduleSeconds.entries()) {
          const next = nextAttempt(answered(503, asked), { attempts: index + 1, scheduleSeconds, random });
          if (next.kind !== "retry") throw new Error("no retry");
          const floor = Math.max(nominal, Math.min(asked, 3_600));
          expect(next.waitSeconds).toBeGreaterThanOrEqual(floor);
          expect(next.waitSeconds).toBeLessThanOrEqual(Math.max(nominal * 1.2, floor));
          // Jitter never moves the first retry past a minute.
          if (index === 0 && floor <= 60) expect(next.waitSeconds).toBeLessThanOrEqual(60);
        }
      }),
    );
  });

  it("spreads retries of concurrent failures", () => {
    const options = { attempts: 3, scheduleSeconds: DEFAULT_RETRY_SCHEDULE_SECONDS };
    const waits = Array.from({ length: 100 }, () => JSON.stringify(nextAttempt(failed, options)));
    expect(new Set(waits).size).toBeGreaterThan(90);
  });
});
