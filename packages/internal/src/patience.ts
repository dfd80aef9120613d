/** How often and how long a caller waits for a vendor before it gives up. */
export interface Patience {
  /** Maximum number of retries of a call. */
  readonly maxRetries: number;
  /** The longest wait before a retry. If `Retry-After` is longer, the caller decides. */
  readonly maxWaitSeconds: number;
  /** Wait before the first retry if there is no `Retry-After`; the wait doubles with each retry. */
  readonly firstWaitSeconds: number;
}

/** A failed attempt that may be retried. */
export type FailedAttempt =
  /** The vendor answered that it is busy, such as with 429 or 503. */
  | { readonly kind: "busy"; readonly status: number; readonly retryAfterSeconds: number | undefined }
  /** The connection broke or timed out: it is unknown whether the vendor processed the call. */
  | { readonly kind: "broken" };

/** Input of the retry decision. */
export interface RetryQuestion {
  readonly failed: FailedAttempt;
  /** Number of previous retries. */
  readonly retries: number;
  /** Whether the call can be repeated without harm. */
  readonly repeatable: boolean;
  /**
   * A random number from 0 to 1 for jitter, so that consumers do not all retry a recovered vendor at the same
   * time.
   */
  readonly random: number;
}

/**
 * Decides whether to retry a call. A call that is not repeatable is retried only after 429, or after another status with
 * `Retry-After`, because the vendor then did not process the call.
 *
 * @returns the seconds to wait before the retry; `null` for no retry
 */
export function retryDelaySeconds(
  { failed, retries, repeatable, random }: RetryQuestion,
  { maxRetries, maxWaitSeconds, firstWaitSeconds }: Patience,
): number | null {
  const asked = failed.kind === "busy" ? failed.retryAfterSeconds : undefined;
  const harmless = repeatable || asked !== undefined || (failed.kind === "busy" && failed.status === 429);
  const seconds = asked ?? firstWaitSeconds * 2 ** retries * (0.5 + random / 2);
  return !harmless || retries >= maxRetries || seconds > maxWaitSeconds ? null : seconds;
}

/** The result of one attempt. */
export type Attempt<Result> =
  | { readonly result: Result }
  /** `error` is thrown if the call is not retried. */
  | { readonly failed: FailedAttempt; readonly error: Error };

/** How {@link callPatiently} retries. */
export interface PatientCall<Result> {
  /** Makes the call once. An error that it throws is not retried. */
  readonly attempt: () => Promise<Attempt<Result>>;
  readonly repeatable: boolean;
  readonly patience: Patience;
  /** Waits before a retry; rejects if the call is aborted meanwhile. */
  readonly wait: (seconds: number) => Promise<void>;
}

/** Makes a call, and repeats it as {@link retryDelaySeconds} decides. */
export async function callPatiently<Result>({
  attempt,
  repeatable,
  patience,
  wait,
}: PatientCall<Result>): Promise<Result> {
  for (let retries = 0; ; retries += 1) {
    const outcome = await attempt();
    if ("result" in outcome) return outcome.result;
    const { failed, error } = outcome;
    const seconds = retryDelaySeconds({ failed, retries, repeatable, random: Math.random() }, patience);
    if (seconds === null) throw error;
    await wait(seconds);
  }
}

/** Codes of connection failures that may be temporary, in Node and undici. */
const TRANSIENT: ReadonlySet<unknown> = new Set([
  "ECONNRESET",
  "EPIPE",
  "ETIMEDOUT",
  "EAI_AGAIN",
  "UND_ERR_SOCKET",
  "UND_ERR_CONNECT_TIMEOUT",
  "UND_ERR_HEADERS_TIMEOUT",
  "UND_ERR_BODY_TIMEOUT",
]);

/** Returns the code of a connection failure, such as `ECONNRESET`. */
export const failureCodeOf = (error: unknown): string | undefined =>
  error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;

/** Checks whether a connection failure may be temporary. */
export const isTransientFailure = (cause: unknown): boolean => TRANSIENT.has(failureCodeOf(cause));
