/** Maximum number of retries of a call. */
const MAX_RETRIES = 3;
/** The longest wait before the client retries by itself. If `Retry-After` is longer, the caller decides. */
const MAX_WAIT_SECONDS = 30;
/** Wait before the first retry if there is no `Retry-After`; the wait doubles with each retry. */
const FIRST_WAIT_SECONDS = 0.5;

/** A failed attempt that may be retried. */
export type FailedAttempt =
  /** The vendor answered 429 or 503. */
  | { readonly kind: "busy"; readonly status: 429 | 503; readonly retryAfterSeconds: number | undefined }
  /** The connection broke or timed out: it is unknown whether the vendor processed the call. */
  | { readonly kind: "broken" };

/** Input of the retry decision. */
export interface RetryQuestion {
  readonly failed: FailedAttempt;
  /** Number of previous retries. */
  readonly retries: number;
  /** Whether the call may be repeated without harm. */
  readonly repeatable: boolean;
  /** Jitter between 0 and 1, so that consumers do not all retry a recovered vendor at once. */
  readonly random: number;
}

/**
 * Decides whether to retry a call. A call that is not repeatable is retried only after 429, or after 503 with
 * `Retry-After`, because the vendor then did not process the call.
 *
 * @returns the seconds to wait before the retry; `null` for no retry
 */
export function retryDelaySeconds({ failed, retries, repeatable, random }: RetryQuestion): number | null {
  const asked = failed.kind === "busy" ? failed.retryAfterSeconds : undefined;
  const harmless = repeatable || asked !== undefined || (failed.kind === "busy" && failed.status === 429);
  const seconds = asked ?? FIRST_WAIT_SECONDS * 2 ** retries * (0.5 + random / 2);
  return !harmless || retries >= MAX_RETRIES || seconds > MAX_WAIT_SECONDS ? null : seconds;
}
