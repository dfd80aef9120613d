/** How often it looks; what takes longer from one look to the next was not the vendor's time. */
const TICK_MS = 50;

/** A timer that can be stopped. */
export interface PatientTimer {
  stop(): void;
}

/**
 * Waits so many seconds in which this process was able to look: where the machine, or the suite itself, was busy with
 * something else, a webhook may have come and nobody was there to take it.
 */
export function patientTimer(seconds: number, onEnd: () => void): PatientTimer {
  let left = seconds * 1000;
  let last = performance.now();
  const timer = setInterval(
    () => {
      const now = performance.now();
      left -= Math.min(now - last, 2 * TICK_MS);
      last = now;
      if (left > 0) return;
      clearInterval(timer);
      onEnd();
    },
    Math.min(TICK_MS, Math.max(1, left)),
  );
  return { stop: () => clearInterval(timer) };
}
