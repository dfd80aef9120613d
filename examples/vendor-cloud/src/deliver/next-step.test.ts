import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DEFAULT_RETRY_SCHEDULE_SECONDS, nextStep, type Outcome } from "./next-step.ts";

const SCHEDULE = [10, 100];
const answered = (status: number, retryAfterSeconds?: number): Outcome => ({
  kind: "answered",
  status,
  ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
});

describe("nextStep", () => {
  it.each<[string, Outcome, number, ReturnType<typeof nextStep>]>([
    ["ends after 200", answered(200), 0, { kind: "done" }],
    ["ends after 204", answered(204), 2, { kind: "done" }],
    ["retries a redirect", answered(302), 0, { kind: "retry", waitSeconds: 10 }],
    ["retries a refusal", answered(400), 0, { kind: "retry", waitSeconds: 10 }],
    ["retries a broken receiver", answered(500), 1, { kind: "retry", waitSeconds: 100 }],
    ["retries what got no answer", { kind: "failed" }, 1, { kind: "retry", waitSeconds: 100 }],
    ["gives up at the schedule's end", answered(500), 2, { kind: "give-up" }],
    ["stops at 410", answered(410), 0, { kind: "stop-endpoint" }],
    ["waits as long as 429 asks", answered(429, 40), 0, { kind: "retry", waitSeconds: 40 }],
    ["waits as long as 503 asks", answered(503, 40), 0, { kind: "retry", waitSeconds: 40 }],
    ["waits no shorter than the schedule", answered(503, 1), 0, { kind: "retry", waitSeconds: 10 }],
    ["does not heed Retry-After of another status", answered(500, 40), 0, { kind: "retry", waitSeconds: 10 }],
    ["is not parked for a year", answered(429, 31_536_000), 0, { kind: "retry", waitSeconds: 86_400 }],
  ])("%s", (_, outcome, retries, step) => {
    expect(nextStep(outcome, retries, SCHEDULE, 0)).toEqual(step);
  });

  it("lengthens a wait by at most a fifth, never shortens it", () => {
    const fraction = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
    const position = fc.nat({ max: DEFAULT_RETRY_SCHEDULE_SECONDS.length - 1 });
    fc.assert(
      fc.property(fraction, position, (random, retries) => {
        const step = nextStep({ kind: "failed" }, retries, DEFAULT_RETRY_SCHEDULE_SECONDS, random);
        const nominal = DEFAULT_RETRY_SCHEDULE_SECONDS[retries] ?? 0;
        if (step.kind !== "retry") throw new Error("expected a retry");
        expect(step.waitSeconds).toBeGreaterThanOrEqual(nominal);
        expect(step.waitSeconds).toBeLessThanOrEqual(nominal * 1.2);
      }),
    );
  });
});
