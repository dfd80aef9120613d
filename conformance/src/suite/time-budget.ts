import { describeActivity, type Tracker } from "../harness/activity.ts";
import { type Clock, systemClock } from "../harness/clock.ts";

/** Why a run can stop early. */
export const stops = [
  "interrupted",
  "out_of_time",
  "wrong_target",
  "destination_refused",
  "credential_rejected",
  "vendor_down",
  "receiver_unreachable",
] as const;

/** Why a run stopped early. */
export type Stop = (typeof stops)[number];

/** Ends a run early; the message tells the person who runs the suite why. */
class EndOfRunError extends Error {
  readonly code: Stop;
  constructor(code: Stop, reason: string) {
    super(reason);
    this.name = "EndOfRunError";
    this.code = code;
  }
}

/** Ends the run, because all further tests would fail for the same reason. @throws always */
export type EndRun = (code: Stop, reason: string) => never;

/** The time budget of a run, and what ends the run early. */
export interface TimeBudget {
  /** Aborted when the caller interrupts the run, when the budget runs out, or when `endRun` is called. */
  readonly signal: AbortSignal;
  readonly endRun: EndRun;
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
  const over = new AbortController();
  const endRun: EndRun = (code, reason) => {
    over.abort(new EndOfRunError(code, reason));
    throw over.signal.reason;
  };
  const runOut = (limit: number) => {
    const doing = describeActivity(tracker.now(), clock.monotonic());
    over.abort(new EndOfRunError("out_of_time", `the time budget of ${limit} s ran out during: ${doing}`));
  };
  const end = seconds === undefined ? () => {} : clock.setTimer(() => runOut(seconds), seconds * 1000);
  return { signal: AbortSignal.any([signal, over.signal]), endRun, end };
}

/** Returns why a run was stopped; `null` if it was not stopped. */
function stopOf({ aborted, reason }: AbortSignal): Stop | null {
  if (!aborted) return null;
  return reason instanceof EndOfRunError ? reason.code : "interrupted";
}

/** Explains evidence that is missing because the run was stopped. */
export const whyStopped = ({ reason }: AbortSignal): string =>
  reason instanceof EndOfRunError ? reason.message : "the run was interrupted";

/** The members of a recorded run that say whether and why it stopped early. */
export const describeStop = (signal: AbortSignal) => ({
  stopped: stopOf(signal),
  ...(signal.aborted && { stopReason: whyStopped(signal) }),
});
