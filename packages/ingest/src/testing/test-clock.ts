import { setTimeout as pause } from "node:timers/promises";
import type { Clock } from "../clock.ts";

/**
 * A clock that stands still until a test advances it. It starts at the real time, because signatures must be
 * recent.
 */
export interface TestClock extends Clock {
  /** Moves the time forward and ends every sleep that is due. */
  advance(milliseconds: number): void;
  /**
   * Advances step by step until the condition holds.
   *
   * @throws {Error} if the condition does not hold after `maxMs` of this clock's time
   */
  advanceUntil(
    condition: () => boolean | Promise<boolean>,
    options?: { readonly stepMs?: number; readonly maxMs?: number },
  ): Promise<void>;
}

/** The real time that the code under test has to run between two steps. */
const STEP_PAUSE_MS = 5;

export function createTestClock(): TestClock {
  let now = Date.now();
  const sleepers = new Set<{ readonly until: number; readonly wake: () => void }>();

  function advance(milliseconds: number): void {
    now += milliseconds;
    for (const sleeper of sleepers) if (sleeper.until <= now) sleeper.wake();
  }

  return {
    now: () => now,
    sleep: (milliseconds, signal) =>
      new Promise((resolve) => {
        const sleeper = {
          until: now + milliseconds,
          wake() {
            sleepers.delete(sleeper);
            signal?.removeEventListener("abort", sleeper.wake);
            resolve();
          },
        };
        sleepers.add(sleeper);
        signal?.addEventListener("abort", sleeper.wake, { once: true });
        if (signal?.aborted) sleeper.wake();
      }),
    advance,
    async advanceUntil(condition, { stepMs = 250, maxMs = 3_600_000 } = {}) {
      const end = now + maxMs;
      while (!(await condition())) {
        if (now >= end) throw new Error(`The condition did not hold within ${maxMs} ms of the test's clock.`);
        advance(stepMs);
        await pause(STEP_PAUSE_MS);
      }
    },
  };
}
