import type { Clock } from "./clock.ts";

/** The longest wait between two readings of the clock. */
const TICK_MS = 50;

/** A timer that can be stopped. */
export interface PatientTimer {
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
    left -= Math.min(now - last, 2 * TICK_MS);
    last = now;
    if (left > 0) stop = setTick();
    else onEnd();
  };
  let stop = setTick();
  return { stop: () => stop() };
}
