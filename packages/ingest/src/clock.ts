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

/** A time limit for many concurrent works. One timer serves all, because a timer each would cost too much. */
export interface TimeLimit {
  /** Settles like `work`, but rejects with `createError()` as soon as the limit is exceeded. `work` continues. */
  apply<Result>(work: Promise<Result>): Promise<Result>;
}

/** How late a {@link TimeLimit} may be. */
const SWEEP_MS = 500;

/** Creates a time limit. @param signal ends the timer; works that end later have no limit */
export function createTimeLimit(
  clock: Clock,
  limitMs: number,
  createError: () => Error,
  signal: AbortSignal,
): TimeLimit {
  /** In the order of their due times. */
  const running = new Set<{ readonly dueAt: number; readonly reject: (error: Error) => void }>();
  let isSweeping = false;

  async function sweep(): Promise<void> {
    isSweeping = true;
    while (running.size > 0 && !signal.aborted) {
      await clock.sleep(SWEEP_MS, signal);
      for (const each of running) {
        if (each.dueAt > clock.now()) break;
        running.delete(each);
        each.reject(createError());
      }
    }
    isSweeping = false;
  }

  return {
    apply: (work) =>
      new Promise((resolve, reject) => {
        const entry = { dueAt: clock.now() + limitMs, reject };
        running.add(entry);
        work.then(resolve, reject).finally(() => running.delete(entry));
        if (!isSweeping) void sweep();
      }),
  };
}
