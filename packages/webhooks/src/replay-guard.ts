/** What a guard knows of a delivery: `new` is the caller's now, `busy` is being processed, `taken` was. */
export type Claim = "new" | "busy" | "taken";

/**
 * Remembers which deliveries were taken, for a service that keeps no event ids of its own. Make one over a shared store
 * where several processes receive; there a claim that is neither kept nor released must run out by itself.
 */
export interface ReplayGuard {
  /**
   * Claims a delivery, to be kept or released. Two claims at once must not both be `new`.
   *
   * @param id the delivery's id, the same on every retry
   */
  claim(id: string): Claim | Promise<Claim>;
  /** The delivery was processed: it is `taken` from now on. */
  keep(id: string): void | Promise<void>;
  /** Gives a delivery back whose processing failed, so that its retry is `new`. */
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
  const known = new Map<string, { readonly since: number; claim: Claim }>();
  return {
    claim(id) {
      const at = now().getTime();
      for (const [oldest, { since }] of known) {
        if (at - since <= rememberSeconds * 1000) break;
        known.delete(oldest);
      }
      const found = known.get(id);
      if (found) return found.claim;
      for (const oldest of known.keys()) {
        if (known.size < mostIds) break;
        known.delete(oldest);
      }
      known.set(id, { since: at, claim: "busy" });
      return "new";
    },
    keep(id) {
      const found = known.get(id);
      if (found) found.claim = "taken";
    },
    release(id) {
      known.delete(id);
    },
  };
}
