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

/** Awaits what a person does, such as in the vendor's console. This time does not count toward the time budget. */
export type Untimed = <T>(work: Promise<T>) => Promise<T>;

/** The time budget of a run, and what ends the run early. */
export interface TimeBudget {
  /** Aborted when the caller interrupts the run, when the budget runs out, or when `endRun` is called. */
  readonly signal: AbortSignal;
  readonly endRun: EndRun;
  readonly untimed: Untimed;
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
  let leftMs = (seconds ?? 0) * 1000;
  let [since, stop] = [0, () => {}];
  const resume = () => {
    since = clock.monotonic();
    if (seconds !== undefined) stop = clock.setTimer(() => runOut(seconds), leftMs);
  };
  const pause = () => {
    stop();
    leftMs = Math.max(0, leftMs - (clock.monotonic() - since));
  };
  resume();
  return {
    signal: AbortSignal.any([signal, over.signal]),
    endRun,
    async untimed(work) {
      pause();
      try {
        return await work;
      } finally {
        resume();
      }
    },
    end: () => stop(),
  };
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
