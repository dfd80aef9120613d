/** Polls move apart by up to this share of their interval, so that they do not all fall together. */
const JITTER = 0.1;
/** A vendor that is down is asked at least this often, unless it is polled less often anyway. */
const LONGEST_WAIT_SECONDS = 3600;
/** A vendor that asks for more patience than this is taken to be mistaken: it would never be polled again. */
const MOST_PATIENCE_SECONDS = 86_400;

/** What the wait for the next sync is told from. */
export interface SyncWait {
  readonly intervalSeconds: number;
  /** Failures in a row. */
  readonly failures: number;
  /** How much patience the vendor asked for; 0 where it asked for none. */
  readonly retryAfterSeconds: number;
  /** From 0 up to, not including, 1. */
  readonly random: number;
}

/**
 * How long to wait for the next sync: the interval, twice as long after each failure in a row, and never less than the
 * vendor asked for.
 *
 * @see spec/1.0/contract.md#rate-limits
 */
export function syncWaitSeconds({ intervalSeconds, failures, retryAfterSeconds, random }: SyncWait): number {
  const backedOff = intervalSeconds * 2 ** Math.min(failures, 30);
  const wait = Math.min(backedOff, Math.max(LONGEST_WAIT_SECONDS, intervalSeconds));
  const jittered = wait * (1 - JITTER + 2 * JITTER * random);
  return Math.max(jittered, Math.min(retryAfterSeconds, MOST_PATIENCE_SECONDS));
}
