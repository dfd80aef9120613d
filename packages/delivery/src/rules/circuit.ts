import { askedWaitSeconds } from "./next-attempt.ts";
import { isSuccess, type Outcome } from "./outcome.ts";

/**
 * What is known of an endpoint's health. While it is open, deliveries that were never tried wait, but for one now and then
 * that probes. What has failed already keeps its own schedule: the contract promises each a retry within a minute.
 */
export interface Circuit {
  /** Failures in a row; while open, those that tripped it and the failed probes. */
  readonly failures: number;
  /** Unix milliseconds from which one delivery may probe; 0 while closed. */
  readonly probeAt: number;
}

export const CLOSED: Circuit = { failures: 0, probeAt: 0 };

/** Fewer would take a receiver's restart for an outage. */
const FAILURES_THAT_OPEN = 5;

/** How long to wait before each probe, the last for all that follow: a receiver that is back is found in minutes. */
export const DEFAULT_PROBE_SCHEDULE_SECONDS: readonly number[] = [5, 10, 20, 40, 80, 160, 300];

/** Jitter only lengthens, as in retries. */
const JITTER = 0.2;

/** How many new deliveries may begin. */
export type Allowance = "all" | "one" | "none";

export function allowance(circuit: Circuit, now: number): Allowance {
  if (circuit.probeAt === 0) return "all";
  return now >= circuit.probeAt ? "one" : "none";
}

/** An answer about the bytes (400, 413, 415) says that somebody is there to read them. */
const isAboutTheBytes = (outcome: Outcome): boolean =>
  outcome.kind === "answered" && [400, 413, 415].includes(outcome.status);

/** When an attempt was made and how it is to be judged; moments in Unix milliseconds. */
export interface CircuitTimes {
  readonly startedAt: number;
  readonly now: number;
  readonly probeScheduleSeconds: readonly number[];
  /** From 0 up to, not including, 1. */
  readonly random: number;
}

/** What an attempt teaches about its endpoint. */
export function afterAttempt(circuit: Circuit, outcome: Outcome, times: CircuitTimes): Circuit {
  const { startedAt, now, probeScheduleSeconds, random } = times;
  if (isSuccess(outcome) || isAboutTheBytes(outcome)) return CLOSED;
  // Only what was started when a probe was due tells something new; the rest was under way or had its own time.
  if (circuit.probeAt > 0 && startedAt < circuit.probeAt) return circuit;
  const failures = circuit.failures + 1;
  if (failures < FAILURES_THAT_OPEN) return { failures, probeAt: 0 };
  const step = Math.min(failures - FAILURES_THAT_OPEN, probeScheduleSeconds.length - 1);
  const waitSeconds = (probeScheduleSeconds[step] ?? 0) * (1 + JITTER * random);
  return { failures, probeAt: Math.ceil(now + Math.max(waitSeconds, askedWaitSeconds(outcome)) * 1000) };
}
