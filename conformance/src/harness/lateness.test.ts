import { describe, expect, test } from "vitest";
import type { Evidence, Stall } from "../evidence/evidence.ts";
import { explainLateness } from "../evidence/lateness.ts";
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
