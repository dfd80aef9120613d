import type { EvidenceRecord, Stall } from "../evidence/evidence.ts";
import { type Clock, systemClock } from "./clock.ts";

/** Measures how late the suite itself is. */
export interface LatenessMonitor {
  /** The stalls that were measured so far. */
  readonly stalls: readonly Stall[];
  readonly stop: () => void;
}

const SAMPLE_MS = 500;
/** Smaller losses are normal: garbage collection, and other processes that take turns. */
const MIN_LOST_MS = 100;

/**
 * Creates a function that returns how long the event loop had work but no processor since the previous call
 * of this function, in milliseconds. The result is a lower bound, because other threads of the process also
 * use processors.
 */
function measureStarvation(): () => number {
  let loop = performance.eventLoopUtilization();
  let processor = process.cpuUsage();
  return () => {
    const { active } = performance.eventLoopUtilization(loop);
    const { user, system } = process.cpuUsage(processor);
    loop = performance.eventLoopUtilization();
    processor = process.cpuUsage();
    return Math.max(0, active - (user + system) / 1000);
  };
}

/**
 * Starts to measure if the clock is the system's clock. A test's clock says nothing about the machine's time.
 */
export const startMonitor = (clock: Clock): LatenessMonitor =>
  clock === systemClock ? monitorLateness(clock, measureStarvation()) : { stalls: [], stop: () => {} };

/** Adds the stalls to the evidence, if there are any. */
export const withLateness = (record: EvidenceRecord, { stalls }: LatenessMonitor): EvidenceRecord =>
  stalls.length === 0 ? record : { ...record, parts: { ...record.parts, lateness: { stalls } } };

/**
 * Starts to measure. A timer that fires late shows that the event loop was blocked, or that the process did
 * not run.
 *
 * @param starvedMs see {@link measureStarvation}
 */
export function monitorLateness(clock: Clock, starvedMs: () => number): LatenessMonitor {
  const stalls: Stall[] = [];
  let cancel = () => {};
  const sample = (): void => {
    const dueAt = clock.monotonic() + SAMPLE_MS;
    cancel = clock.setTimer(() => {
      const lostMs = Math.round(Math.max(clock.monotonic() - dueAt, starvedMs()));
      if (lostMs >= MIN_LOST_MS) stalls.push({ until: new Date(clock.now()).toISOString(), lostMs });
      sample();
    }, SAMPLE_MS);
  };
  sample();
  return { stalls, stop: () => cancel() };
}
