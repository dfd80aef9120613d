import { WebhookUsageError } from "./errors.ts";

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
   * @param key the result of {@link toReplayKey}, the same on every retry
   */
  claim(key: string): Claim | Promise<Claim>;
  /** Marks a processed delivery as `taken`. */
  keep(key: string): void | Promise<void>;
  /** Releases a delivery whose processing failed, so that its retry is `new`. */
  release(key: string): void | Promise<void>;
}

/** How an endpoint recognises duplicates. */
export interface ReplayProtection {
  /** Several endpoints may share a guard. */
  readonly guard: ReplayGuard;
  /** Your name for the sender whose keys the endpoint has. Another sender may use the same ids. */
  readonly sender: string;
}

/**
 * Returns what identifies a delivery: its sender, its id, and the `source` in its body, because an event's id is unique
 * only within its source.
 *
 * @see spec/1.0/contract.md#events
 */
export function toReplayKey(
  sender: string,
  { id, body }: { readonly id: string; readonly body: Uint8Array },
): string {
  let source: unknown;
  try {
    ({ source } = JSON.parse(new TextDecoder().decode(body)));
  } catch {}
  return JSON.stringify([sender, source ?? null, id]);
}

/** @throws {WebhookUsageError} `invalid_replay` */
export function requireReplay(replay: ReplayProtection | undefined): void {
  if (!replay || (replay.guard && replay.sender)) return;
  throw new WebhookUsageError(
    "invalid_replay",
    "`replay` needs a `guard`, and the `sender` whose deliveries it guards.",
  );
}

/** Options of a guard in memory. */
export interface MemoryReplayGuardOptions {
  /** How many deliveries to remember. Beyond this number, the guard forgets the oldest one. Default: 100,000. */
  readonly maxIds?: number;
  /** How long to remember a delivery. Default: 259,200 (three days), longer than senders retry. */
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
    claim(key) {
      const at = now().getTime();
      for (const [oldest, { since }] of known) {
        if (at - since <= rememberSeconds * 1000) break;
        known.delete(oldest);
      }
      const found = known.get(key);
      if (found) return found.claim;
      for (const oldest of known.keys()) {
        if (known.size < maxIds) break;
        known.delete(oldest);
      }
      known.set(key, { since: at, claim: "busy" });
      return "new";
    },
    keep(key) {
      const found = known.get(key);
      if (found) found.claim = "taken";
    },
    release(key) {
      known.delete(key);
    },
  };
}
