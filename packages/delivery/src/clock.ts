/** The time and timers that the outbox uses; a test may pass another clock. */
export interface Clock {
  /** Unix milliseconds. */
  now(): number;
  /** Calls back once, after `ms` milliseconds. @returns cancels the timer */
  setTimer(callback: () => void, ms: number): () => void;
}

/** The clock of this machine. */
export const systemClock: Clock = {
  now: () => Date.now(),
  setTimer(callback, ms) {
    const timer = setTimeout(callback, ms);
    return () => clearTimeout(timer);
  },
};

/** Waits `ms` milliseconds. @throws the signal's reason as soon as it aborts */
export function sleep(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    const cancel = clock.setTimer(() => {
      signal.removeEventListener("abort", stop);
      resolve();
    }, ms);
    const stop = () => {
      cancel();
      reject(signal.reason);
    };
    signal.addEventListener("abort", stop, { once: true });
  });
}

/** A signal that aborts when time is up, until it is cancelled. */
export interface Timeout {
  readonly signal: AbortSignal;
  cancel(): void;
}

export function startTimeout(clock: Clock, ms: number): Timeout {
  const controller = new AbortController();
  const cancel = clock.setTimer(
    () => controller.abort(new DOMException(`No answer within ${ms} ms.`, "TimeoutError")),
    ms,
  );
  return { signal: controller.signal, cancel };
}
