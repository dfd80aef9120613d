import type { Clock } from "./clock.ts";

/** The longest wait between two readings of the clock. */
const TICK_MS = 250;

/** A timer that can be stopped. */
interface PatientTimer {
  stop(): void;
}

/**
 * Calls back after `seconds` in which this process was able to receive webhooks. Time in which the machine or
 * the suite itself was busy does not count, because a webhook may have arrived then without being read.
 */
export function patientTimer(clock: Clock, seconds: number, onEnd: () => void): PatientTimer {
  let left = seconds * 1000;
  let last = clock.monotonic();
  const setTick = () => clock.setTimer(tick, Math.min(TICK_MS, Math.max(1, left)));
  const tick = () => {
    const now = clock.monotonic();
    left -= Math.min(now - last, TICK_MS);
    last = now;
    if (left > 0) stop = setTick();
    else onEnd();
  };
  let stop = setTick();
  return { stop: () => stop() };
}

export interface WatchOptions {
  readonly seconds: number;
  readonly signal: AbortSignal;
}

/** Waits for conditions that become true when something arrives. */
export interface Watchers {
  /** Checks every condition. Call this after something has arrived. */
  notify(): void;
  /**
   * Waits until `accept` returns true.
   *
   * @returns false at the time limit
   * @throws the signal's reason on abort
   */
  until(accept: () => boolean, options: WatchOptions): Promise<boolean>;
}

export function createWatchers(clock: Clock): Watchers {
  const checks = new Set<() => void>();
  return {
    notify() {
      for (const check of checks) check();
    },
    until: (accept, { seconds, signal }) =>
      new Promise((resolve, reject) => {
        const finish = (settle: () => void) => {
          timer.stop();
          checks.delete(check);
          signal.removeEventListener("abort", stop);
          settle();
        };
        const check = () => accept() && finish(() => resolve(true));
        const stop = () => finish(() => reject(signal.reason));
        const timer = patientTimer(clock, seconds, () => finish(() => resolve(false)));
        checks.add(check);
        signal.addEventListener("abort", stop, { once: true });
        if (signal.aborted) stop();
      }),
  };
}
