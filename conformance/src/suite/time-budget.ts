import { describeActivity, type Tracker } from "../harness/activity.ts";
import { type Clock, systemClock } from "../harness/clock.ts";

/** Why a run stopped early. */
export type Stop = "interrupted" | "out_of_time";

/** Reports that the run used up its time budget; the message says what the run was doing. */
class OutOfTimeError extends Error {
  readonly code = "out_of_time";
  constructor(seconds: number, doing: string) {
    super(`the time budget of ${seconds} s ran out during: ${doing}`);
    this.name = "OutOfTimeError";
  }
}

/** The run's signal, which also aborts when the time budget runs out. */
export interface TimeBudget {
  readonly signal: AbortSignal;
  /** Stops the time budget when the run is over. */
  readonly end: () => void;
}

/**
 * Starts the time budget of a run.
 *
 * @param tracker tells what the run is doing when time runs out
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

/** Why a run was stopped; `null` if it was not. */
export function stopOf({ aborted, reason }: AbortSignal): Stop | null {
  if (!aborted) return null;
  return reason instanceof OutOfTimeError ? "out_of_time" : "interrupted";
}

/** Explains evidence that is missing because the run was stopped. */
export const whyStopped = (signal: AbortSignal): string =>
  stopOf(signal) === "out_of_time" ? (signal.reason as Error).message : "the run was interrupted";
