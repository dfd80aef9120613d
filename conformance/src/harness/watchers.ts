import type { Clock } from "./clock.ts";
import { patientTimer } from "./patient-timer.ts";

export interface WatchOptions {
  readonly seconds: number;
  readonly signal: AbortSignal;
}

/** Waits for conditions that become true when something arrives. */
export interface Watchers {
  /** Checks every condition; call it when something has arrived. */
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
