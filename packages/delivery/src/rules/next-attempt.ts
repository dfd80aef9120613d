import { isSuccess, type Outcome } from "./outcome.ts";

/** What follows an attempt. */
export type NextAttempt =
  | { readonly kind: "delivered" }
  | { readonly kind: "retry"; readonly waitSeconds: number }
  /** The last retry of the schedule has failed. */
  | { readonly kind: "dead" }
  /** The receiver responded with 410. */
  | { readonly kind: "stop-endpoint" };

/**
 * The first retry comes within a minute of the first attempt, and the last retry about 35 hours after the
 * first attempt.
 */
export const DEFAULT_RETRY_SCHEDULE_SECONDS: readonly number[] = [
  5, 60, 300, 1_800, 7_200, 21_600, 43_200, 51_840,
];

/** Jitter only lengthens a wait, so retries never end earlier than the schedule says. */
const JITTER = 0.2;
/** The first retry must come within a minute, jitter included. */
const MAX_FIRST_WAIT_SECONDS = 60;
/** The longest wait for which `Retry-After` is honoured. A longer `Retry-After` is shortened to this time. */
const MAX_RETRY_AFTER_SECONDS = 3_600;

/** Options of {@link nextAttempt}. */
export interface NextAttemptOptions {
  /** The number of attempts, including this one. */
  readonly attempts: number;
  /** The wait before each retry, in seconds. */
  readonly scheduleSeconds?: readonly number[];
  /** A random number of at least 0 and less than 1. */
  readonly random?: number;
}

/**
 * Decides what follows an attempt.
 *
 * @see spec/1.0/contract.md#delivery
 */
export function nextAttempt(
  outcome: Outcome,
  { attempts, scheduleSeconds = DEFAULT_RETRY_SCHEDULE_SECONDS, random = Math.random() }: NextAttemptOptions,
): NextAttempt {
  if (isSuccess(outcome)) return { kind: "delivered" };
  if (outcome.kind === "answered" && outcome.status === 410) return { kind: "stop-endpoint" };
  const nominal = scheduleSeconds[attempts - 1];
  if (nominal === undefined) return { kind: "dead" };
  const wait = addJitter(nominal, random);
  const isFirst = attempts === 1 && nominal <= MAX_FIRST_WAIT_SECONDS;
  const planned = isFirst ? Math.min(wait, MAX_FIRST_WAIT_SECONDS) : wait;
  return { kind: "retry", waitSeconds: Math.max(planned, getRequestedWaitSeconds(outcome)) };
}

/** Lengthens a wait by random jitter. */
export const addJitter = (seconds: number, random: number): number => seconds * (1 + JITTER * random);

/** Returns how long the receiver asked to wait, up to an hour; 0 if it did not ask. */
export function getRequestedWaitSeconds(outcome: Outcome): number {
  const mayAsk = outcome.kind === "answered" && (outcome.status === 429 || outcome.status === 503);
  return mayAsk ? Math.min(outcome.retryAfterSeconds ?? 0, MAX_RETRY_AFTER_SECONDS) : 0;
}
