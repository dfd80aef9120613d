/** The time and timers of the outbox; a test may replace them. */
export interface Clock {
  /** Unix milliseconds. */
  now(): number;
  /** Calls `callback` once, after `ms` milliseconds. @returns a function that cancels the timer */
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

/** Waits `ms` milliseconds. @throws the signal's reason as soon as the signal is aborted */
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

/** A signal that is aborted when the time is up, unless the timeout is cancelled before. */
export interface Timeout {
  readonly signal: AbortSignal;
  /** Starts again, with another limit. */
  restart(ms: number): void;
  cancel(): void;
}

export function startTimeout(clock: Clock, ms: number): Timeout {
  const controller = new AbortController();
  let cancel = () => {};
  const restart = (limitMs: number) => {
    cancel();
    cancel = clock.setTimer(
      () => controller.abort(new DOMException(`No answer within ${limitMs} ms.`, "TimeoutError")),
      limitMs,
    );
  };
  restart(ms);
  return { signal: controller.signal, restart, cancel: () => cancel() };
}
