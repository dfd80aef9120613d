/**
 * The state of a delivery when it is claimed. `new`: the caller now owns the delivery. `busy`: an earlier
 * attempt is being processed. `taken`: the delivery was accepted before.
 */
export type Claim = "new" | "busy" | "taken";

/**
 * Remembers accepted deliveries, for a service that does not store event ids. If several
 * processes receive deliveries, implement this interface with a shared store. In that store, a
 * claim that is neither kept nor released must expire.
 */
export interface ReplayGuard {
  /**
   * Claims a delivery; if the claim is `new`, the caller must later keep or release the delivery. Of
   * two concurrent claims, only one may be `new`.
   *
   * @param id the delivery's id, the same on every retry
   */
  claim(id: string): Claim | Promise<Claim>;
  /** Marks a processed delivery as `taken`. */
  keep(id: string): void | Promise<void>;
  /** Releases a delivery whose processing failed, so that its retry is `new`. */
  release(id: string): void | Promise<void>;
}

/** Options of a guard in memory. */
export interface MemoryReplayGuardOptions {
  /** How many ids to remember. Beyond this number, the guard forgets the oldest id. Default: 100,000. */
  readonly maxIds?: number;
  /** How long to remember an id. Default: 259,200 (three days), longer than senders retry. */
  readonly rememberSeconds?: number;
  /** Returns the current time. Default: the system clock. */
  readonly now?: () => Date;
}

/**
 * Creates a guard in the memory of one process. The guard is bounded, and is empty after a restart.
 *
 * @see spec/1.0/contract.md#receiving
 */
export function createMemoryReplayGuard({
  maxIds = 100_000,
  rememberSeconds = 259_200,
  now = () => new Date(),
}: MemoryReplayGuardOptions = {}): ReplayGuard {
  // A Map keeps insertion order, so its first entry is the oldest.
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
        if (known.size < maxIds) break;
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
