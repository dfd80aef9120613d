import { describeActivity, type Tracker } from "../harness/activity.ts";
import { type Clock, systemClock } from "../harness/clock.ts";

/** Why a run ended before its end. */
export type Stop = "interrupted" | "out_of_time";

/** A run has taken all the time it was given; the message says what it was at. */
class OutOfTimeError extends Error {
  readonly code = "out_of_time";
  constructor(seconds: number, doing: string) {
    super(`the time budget of ${seconds} s was over, at this: ${doing}`);
    this.name = "OutOfTimeError";
  }
}

/** A signal that also aborts when the time is over. */
export interface TimeBudget {
  readonly signal: AbortSignal;
  /** The run is over: its time does not run on. */
  readonly end: () => void;
}

/**
 * Starts the time that a run is given.
 *
 * @param tracker asked what the run is at, when the time is over
 */
export function budgetOf(
  {
    signal,
    timeBudgetSeconds: seconds,
    clock = systemClock,
  }: { readonly signal: AbortSignal; readonly timeBudgetSeconds?: number; readonly clock?: Clock },
  tracker: Tracker,
): TimeBudget {
  if (seconds === undefined) return { signal, end: () => {} };
  const doing = () => describeActivity(tracker.now(), clock.monotonic());
  const over = new AbortController();
  const end = clock.setTimer(() => over.abort(new OutOfTimeError(seconds, doing())), seconds * 1000);
  return { signal: AbortSignal.any([signal, over.signal]), end };
}

/** Why a run was stopped, by its signal; `null` where it was not. */
export function stopOf({ aborted, reason }: AbortSignal): Stop | null {
  if (!aborted) return null;
  return reason instanceof OutOfTimeError ? "out_of_time" : "interrupted";
}

/** The same in words, for what was not recorded. */
export const whyStopped = (signal: AbortSignal): string =>
  stopOf(signal) === "out_of_time" ? (signal.reason as Error).message : "the run was interrupted";
