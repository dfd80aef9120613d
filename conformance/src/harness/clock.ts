/** The time and the timers of a run: those of the system, unless a test passes another clock. */
export interface Clock {
  /** Returns the current time in Unix milliseconds. */
  now(): number;
  /** Returns milliseconds since an arbitrary moment. This time never goes back. */
  monotonic(): number;
  /** Calls back once, after `ms` milliseconds. @returns a function that cancels the timer */
  setTimer(callback: () => void, ms: number): () => void;
}

/** The clock of this machine. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  setTimer(callback, ms) {
    const timer = setTimeout(callback, ms);
    return () => clearTimeout(timer);
  },
};

/** The current time. */
export const dateOf = (clock: Clock): Date => new Date(clock.now());

/** Waits `ms` milliseconds. @throws the signal's reason as soon as the signal aborts */
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

/** A signal that aborts at the end of a time limit, unless the time limit is cancelled first. */
export interface Timeout {
  readonly signal: AbortSignal;
  cancel(): void;
}

/** Starts a time limit. Like `AbortSignal.timeout`, its signal aborts with a `TimeoutError`. */
export function startTimeout(clock: Clock, ms: number): Timeout {
  const controller = new AbortController();
  const abort = () => controller.abort(new DOMException("The operation timed out.", "TimeoutError"));
  return { signal: controller.signal, cancel: clock.setTimer(abort, ms) };
}
