import { getRequestedWaitSeconds } from "./next-attempt.ts";
import { isSuccess, type Outcome } from "./outcome.ts";

/**
 * The health of an endpoint. While the circuit is open, new deliveries wait, except for an occasional probe.
 * A delivery that has already failed is retried on its own schedule even then, because the contract requires
 * a first retry within a minute.
 */
export interface Circuit {
  /** The number of failures in a row; while the circuit is open, failed probes count too. */
  readonly failures: number;
  /** When the next delivery may be sent as a probe, in Unix milliseconds; 0 while the circuit is closed. */
  readonly probeAt: number;
}

export const CLOSED: Circuit = { failures: 0, probeAt: 0 };

/** With a lower number, the restart of a receiver would open the circuit. */
const FAILURES_THAT_OPEN = 5;

/** The wait before each probe. The last wait repeats, so a recovered receiver is noticed within minutes. */
export const DEFAULT_PROBE_SCHEDULE_SECONDS: readonly number[] = [5, 10, 20, 40, 80, 160, 300];

/** Jitter only lengthens a wait; it never shortens one. The same applies to retries. */
const JITTER = 0.2;

/** How many new deliveries may start. */
export type Allowance = "all" | "one" | "none";

/** Decides how many new deliveries may start now. */
export function getAllowance(circuit: Circuit, now: number): Allowance {
  if (circuit.probeAt === 0) return "all";
  return now >= circuit.probeAt ? "one" : "none";
}

/** A refusal of the content (400, 413, 415) shows that the receiver works. */
const isContentRefusal = (outcome: Outcome): boolean =>
  outcome.kind === "answered" && [400, 413, 415].includes(outcome.status);

/** The times of an attempt in Unix milliseconds, and the schedule of probes. */
export interface CircuitTimes {
  readonly startedAt: number;
  readonly now: number;
  readonly probeScheduleSeconds: readonly number[];
  /** A random number of at least 0 and less than 1. */
  readonly random: number;
}

/** Updates an endpoint's health after an attempt. */
export function updateCircuit(circuit: Circuit, outcome: Outcome, times: CircuitTimes): Circuit {
  const { startedAt, now, probeScheduleSeconds, random } = times;
  if (isSuccess(outcome) || isContentRefusal(outcome)) return CLOSED;
  // While the circuit is open, a failure counts only if its attempt was a probe. Other attempts are retries,
  // or had started before the circuit opened.
  if (circuit.probeAt > 0 && startedAt < circuit.probeAt) return circuit;
  const failures = circuit.failures + 1;
  if (failures < FAILURES_THAT_OPEN) return { failures, probeAt: 0 };
  const step = Math.min(failures - FAILURES_THAT_OPEN, probeScheduleSeconds.length - 1);
  const waitSeconds = (probeScheduleSeconds[step] ?? 0) * (1 + JITTER * random);
  return {
    failures,
    probeAt: Math.ceil(now + Math.max(waitSeconds, getRequestedWaitSeconds(outcome)) * 1000),
  };
}
