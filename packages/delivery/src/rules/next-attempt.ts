import { isSuccess, type Outcome } from "./outcome.ts";

/** What follows an attempt. */
export type NextAttempt =
  | { readonly kind: "delivered" }
  | { readonly kind: "retry"; readonly waitSeconds: number }
  /** The schedule has ended. */
  | { readonly kind: "dead" }
  /** The receiver wants nothing more. */
  | { readonly kind: "stop-endpoint" };

/** The first retry within a minute, the last some 35 hours after the first attempt. */
export const DEFAULT_RETRY_SCHEDULE_SECONDS: readonly number[] = [
  5, 60, 300, 1_800, 7_200, 21_600, 43_200, 51_840,
];

/** Jitter only lengthens a wait, so that the schedule says for how long retries go on at least. */
const JITTER = 0.2;
/** The first retry must come within a minute, chance or not. */
const LONGEST_FIRST_WAIT_SECONDS = 60;
/** How long a receiver may ask us to wait. */
const LONGEST_RETRY_AFTER_SECONDS = 3_600;

/** What the rule goes by. */
export interface NextAttemptOptions {
  /** How many attempts there were, this one included: from 1. */
  readonly attempts: number;
  /** The wait before each retry, in seconds. */
  readonly scheduleSeconds?: readonly number[];
  /** From 0 up to, not including, 1. */
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
  const wait = lengthened(nominal, random);
  const isFirst = attempts === 1 && nominal <= LONGEST_FIRST_WAIT_SECONDS;
  const planned = isFirst ? Math.min(wait, LONGEST_FIRST_WAIT_SECONDS) : wait;
  return { kind: "retry", waitSeconds: Math.max(planned, askedWaitSeconds(outcome)) };
}

/** A wait as it is made: longer by chance. */
export const lengthened = (seconds: number, random: number): number => seconds * (1 + JITTER * random);

/** How long an outcome asks to wait, within reason: 0 where it does not. */
export function askedWaitSeconds(outcome: Outcome): number {
  const mayAsk = outcome.kind === "answered" && (outcome.status === 429 || outcome.status === 503);
  return mayAsk ? Math.min(outcome.retryAfterSeconds ?? 0, LONGEST_RETRY_AFTER_SECONDS) : 0;
}
