/** What became of one attempt. */
export type Outcome =
  | { readonly kind: "answered"; readonly status: number; readonly retryAfterSeconds?: number | undefined }
  /** No answer: unreachable, reset, or too slow. */
  | { readonly kind: "failed" };

/** What to do now. */
export type Step =
  | { readonly kind: "done" }
  | { readonly kind: "retry"; readonly waitSeconds: number }
  | { readonly kind: "give-up" }
  | { readonly kind: "stop-endpoint" };

/** The first retry within a minute, the last more than a day after the first attempt. */
export const DEFAULT_RETRY_SCHEDULE_SECONDS: readonly number[] = [
  5, 60, 300, 1_800, 7_200, 21_600, 43_200, 43_200,
];

/** Jitter only lengthens a wait, so that the nominal schedule is a floor for how long retries go on. */
const JITTER = 0.2;
/** A receiver may slow us down, not park a delivery for a year (timers overflow at 24 days, besides). */
const LONGEST_WAIT_SECONDS = 86_400;

/**
 * Decides what follows an attempt.
 *
 * @param retries how many retries there were before this attempt's outcome
 * @param scheduleSeconds nominal waits before each retry
 * @param random from 0 up to, not including, 1
 * @see spec/1.0/contract.md#delivery
 */
export function nextStep(
  outcome: Outcome,
  retries: number,
  scheduleSeconds: readonly number[],
  random: number,
): Step {
  if (outcome.kind === "answered") {
    if (outcome.status >= 200 && outcome.status < 300) return { kind: "done" };
    if (outcome.status === 410) return { kind: "stop-endpoint" };
  }
  const nominal = scheduleSeconds[retries];
  if (nominal === undefined) return { kind: "give-up" };
  const waitSeconds = Math.max(nominal * (1 + JITTER * random), askedWait(outcome));
  return { kind: "retry", waitSeconds: Math.min(waitSeconds, LONGEST_WAIT_SECONDS) };
}

function askedWait(outcome: Outcome): number {
  const mayAsk = outcome.kind === "answered" && (outcome.status === 429 || outcome.status === 503);
  return mayAsk ? (outcome.retryAfterSeconds ?? 0) : 0;
}
