import { setTimeout as timeout } from "node:timers/promises";

/** Tells the time and waits. Tests pass a clock that they advance themselves. */
export interface Clock {
  /** @returns Unix milliseconds */
  now(): number;
  /** Waits. Ends early, without an error, when the signal is aborted. */
  sleep(milliseconds: number, signal?: AbortSignal): Promise<void>;
}

export const systemClock: Clock = {
  now: Date.now,
  // Only an abort rejects this promise.
  sleep: (milliseconds, signal) => timeout(milliseconds, undefined, signal && { signal }).catch(() => {}),
};

/**
 * Calls `work` again and again, with a pause after each call, until the signal is aborted. `work` must not
 * reject.
 */
export async function repeat(
  clock: Clock,
  pauseMs: number,
  signal: AbortSignal,
  work: () => Promise<void>,
): Promise<void> {
  while (!signal.aborted) {
    await work();
    await clock.sleep(pauseMs, signal);
  }
}
