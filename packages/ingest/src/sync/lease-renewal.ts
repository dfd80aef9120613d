import type { Clock } from "../clock.ts";
import type { Store } from "../store/store.ts";

/** If a process dies, another process takes over after this time. */
export const LEASE_SECONDS = 30;
const RENEW_MS = 10_000;

/** A lease that is renewed until `end` is called. */
export interface LeaseRenewal {
  /** Aborted when another process has taken the lease. */
  readonly lost: AbortSignal;
  /**
   * Stops renewing. Resolves once no renewal is pending, so that a late renewal cannot retake a lease that
   * was released.
   */
  end(): Promise<void>;
}

/** Keeps renewing a lease that this owner has taken. */
export function renewLease(
  leases: Store["leases"],
  { name, owner }: { readonly name: string; readonly owner: string },
  clock: Clock,
): LeaseRenewal {
  const lost = new AbortController();
  const ended = new AbortController();

  async function renew(): Promise<void> {
    for (;;) {
      await clock.sleep(RENEW_MS, ended.signal);
      if (ended.signal.aborted) return;
      if (await leases.take(name, owner, LEASE_SECONDS).catch(() => false)) continue;
      lost.abort();
      return;
    }
  }

  const renewing = renew();
  return {
    lost: lost.signal,
    async end() {
      ended.abort();
      await renewing;
    },
  };
}
