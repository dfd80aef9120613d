/**
 * Remembers which deliveries were taken, for a service that keeps no event ids of its own. Make one over a shared store
 * where several processes receive.
 */
export interface ReplayGuard {
  /**
   * Takes a delivery, unless it was taken before.
   *
   * @param id the delivery's id, the same on every retry
   * @returns `false` where it was taken before
   */
  claim(id: string): boolean | Promise<boolean>;
  /** Gives a delivery back whose processing failed, so that its retry is taken. */
  release(id: string): void | Promise<void>;
}

/** How much a guard in memory remembers. */
export interface MemoryReplayGuardOptions {
  /** The oldest is forgotten when there are more. Default: 100,000. */
  readonly mostIds?: number;
  /** How long an id is remembered. Default: 259,200, three days, which is longer than senders go on trying. */
  readonly rememberSeconds?: number;
  /** What the clock says. */
  readonly now?: () => Date;
}

/**
 * A guard in the memory of one process: bounded, and empty again when the process starts.
 *
 * @see spec/1.0/contract.md#receiving
 */
export function createMemoryReplayGuard({
  mostIds = 100_000,
  rememberSeconds = 259_200,
  now = () => new Date(),
}: MemoryReplayGuardOptions = {}): ReplayGuard {
  // A Map keeps the order of insertion: its first entry is the oldest.
  const taken = new Map<string, number>();
  return {
    claim(id) {
      const at = now().getTime();
      for (const [oldest, since] of taken) {
        if (taken.size < mostIds && at - since <= rememberSeconds * 1000) break;
        taken.delete(oldest);
      }
      if (taken.has(id)) return false;
      taken.set(id, at);
      return true;
    },
    release(id) {
      taken.delete(id);
    },
  };
}
