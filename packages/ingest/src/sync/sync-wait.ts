/** Polls are spread by up to this share of their interval, so that they do not all happen at once. */
const JITTER = 0.1;
/** The longest wait that back-off reaches, unless the interval itself is longer. */
const MAX_BACKOFF_SECONDS = 3600;
/**
 * A longer `Retry-After` is treated as a mistake, because the vendor would in effect never be polled again.
 */
const MAX_RETRY_AFTER_SECONDS = 86_400;

/** What determines the wait before the next sync. */
export interface SyncWait {
  readonly intervalSeconds: number;
  /** Consecutive failures. */
  readonly failures: number;
  /** The delay that the vendor asked for, or 0. */
  readonly retryAfterSeconds: number;
  /** In [0, 1). */
  readonly random: number;
}

/**
 * Computes the wait before the next sync: the interval, doubled for each consecutive failure, but at least
 * the delay that the vendor asked for.
 *
 * @see spec/1.0/contract.md#rate-limits
 */
export function computeSyncWait({ intervalSeconds, failures, retryAfterSeconds, random }: SyncWait): number {
  const backedOff = intervalSeconds * 2 ** Math.min(failures, 30);
  const wait = Math.min(backedOff, Math.max(MAX_BACKOFF_SECONDS, intervalSeconds));
  const jittered = wait * (1 - JITTER + 2 * JITTER * random);
  return Math.max(jittered, Math.min(retryAfterSeconds, MAX_RETRY_AFTER_SECONDS));
}
