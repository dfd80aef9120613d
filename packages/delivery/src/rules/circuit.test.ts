import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Circuit, CLOSED, getAllowance, updateCircuit } from "./circuit.ts";
import type { Outcome } from "./outcome.ts";

const probeScheduleSeconds = [5, 10, 20];
const answered = (status: number, retryAfterSeconds?: number): Outcome => ({
  kind: "answered",
  status,
  retryAfterSeconds,
});
const failed: Outcome = { kind: "failed", reason: "timeout", detail: "" };
const at = (now: number, startedAt = now) => ({ startedAt, now, probeScheduleSeconds, random: 0 });
const afterFailures = (count: number, outcome: Outcome = failed): Circuit =>
  Array.from({ length: count }).reduce<Circuit>(
    // Each attempt of this test starts when a probe is due.
    (circuit) => updateCircuit(circuit, outcome, at(Math.max(1_000, circuit.probeAt))),
    CLOSED,
  );

describe("an endpoint's circuit", () => {
  it.each([
    [0, "all", 0],
    [4, "all", 0],
    [5, "none", 6_000],
    [6, "none", 16_000],
    [7, "none", 36_000],
    [8, "none", 56_000],
    [9, "none", 76_000],
  ] as const)("after %d failures in a row allows %s, until %d", (count, allowed, probeAt) => {
    const circuit = afterFailures(count);
    expect(circuit).toEqual({ failures: count, probeAt });
    expect(getAllowance(circuit, probeAt - 1)).toBe(allowed);
    if (probeAt > 0) expect(getAllowance(circuit, probeAt)).toBe("one");
  });

  it.each([answered(200), answered(400), answered(413), answered(415)])("closes with %j", (outcome) => {
    expect(updateCircuit(afterFailures(7), outcome, at(2_000))).toEqual(CLOSED);
  });

  it.each([answered(401), answered(404), answered(302), answered(500), failed])("counts %j", (outcome) => {
    expect(afterFailures(5, outcome)).toMatchObject({ failures: 5, probeAt: 6_000 });
  });

  it("probes no sooner than Retry-After", () => {
    expect(afterFailures(5, answered(503, 120)).probeAt).toBe(121_000);
  });

  it("ignores attempts that started before the probe", () => {
    const open = afterFailures(5);
    expect(updateCircuit(open, failed, at(9_000, 5_999))).toEqual(open);
    expect(updateCircuit(open, failed, at(9_000, 6_000))).toEqual({ failures: 6, probeAt: 19_000 });
  });

  it("opens after five failures in a row and closes after any success", () => {
    const steps = fc.array(
      fc.record({
        isSuccess: fc.boolean(),
        lasts: fc.nat(20_000),
        random: fc.double({ min: 0, max: 0.99, noNaN: true }),
      }),
    );
    fc.assert(
      fc.property(steps, (all) => {
        let [circuit, now, inARow] = [CLOSED, 1_000_000, 0];
        for (const { isSuccess, lasts, random } of all) {
          const startedAt = now;
          now += lasts;
          inARow = isSuccess ? 0 : inARow + 1;
          circuit = updateCircuit(circuit, isSuccess ? answered(204) : failed, {
            ...at(now, startedAt),
            random,
          });
          expect(circuit.probeAt > 0).toBe(inARow >= 5);
          if (circuit.probeAt > 0) expect(circuit.probeAt - now).toBeLessThanOrEqual(24_000);
        }
      }),
    );
  });
});
