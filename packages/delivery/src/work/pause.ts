import type { Clock } from "../clock.ts";

/** A wait that can be ended early. */
export interface Pause {
  /** Ends the current wait. If there is no current wait, the next wait ends immediately. */
  wake(): void;
  /** Ends the wait at this time, in Unix milliseconds, unless the wait has ended before. */
  wakeAt(time: number): void;
  /** Waits for `ms`, until `wake` is called, or until a time that was given to `wakeAt`. */
  wait(ms: number): Promise<void>;
}

/**
 * The maximum number of times that a pause remembers. A delivery that becomes due at a forgotten time is
 * found at the end of the wait.
 */
const MAX_TIMES = 1_000;

export function createPause(clock: Clock): Pause {
  let woken = false;
  let end: (() => void) | undefined;
  let endsAt = 0;
  let maxMs = 0;
  let cancel = () => {};
  /** The times, in ascending order and without duplicates. */
  const times: number[] = [];

  function setTimer(): void {
    cancel();
    const dueAt = Math.min(endsAt, times[0] ?? Number.POSITIVE_INFINITY);
    // If the clock was corrected meanwhile, the difference can be negative or too large.
    const ms = Math.min(Math.max(0, dueAt - clock.now()), maxMs);
    cancel = clock.setTimer(() => end?.(), ms);
  }

  return {
    wake() {
      woken = true;
      end?.();
    },
    wakeAt(time) {
      const index = times.findLastIndex((other) => other <= time);
      if (times[index] === time || index + 1 >= MAX_TIMES) return;
      times.splice(index + 1, 0, time);
      times.length = Math.min(times.length, MAX_TIMES);
      if (end !== undefined && times[0] === time) setTimer();
    },
    async wait(ms) {
      if (!woken) {
        const now = clock.now();
        while ((times[0] ?? Number.POSITIVE_INFINITY) <= now) times.shift();
        endsAt = now + ms;
        maxMs = ms;
        await new Promise<void>((resolve) => {
          end = resolve;
          setTimer();
        });
        cancel();
      }
      end = undefined;
      woken = false;
    },
  };
}
