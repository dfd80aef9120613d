import { randomUUID } from "node:crypto";
import type { SecretBox } from "@convergint/internal/secret-box";
import { sign } from "@convergint/webhooks";
import type { Logger } from "pino";
import type { Subscriber } from "../store/change-store.ts";
import type { Store } from "../store/store.ts";
import { shownChange } from "./shown-change.ts";
import { sealedSecretOf } from "./subscriber-secret.ts";

/** The most changes of one delivery. */
const MOST_CHANGES = 100;
const TIMEOUT_MS = 15_000;
const LOOK_MS = 500;
const LEASE_SECONDS = 30;
/** How long a subscriber that fails is left alone: twice as long each time, up to this. */
const MOST_WAIT_MS = 300_000;

/** Tells subscribers of changes, in order, each at least once. */
export interface Push {
  /** Ends what is under way; what was not taken is told again by whoever goes on. */
  stop(): Promise<void>;
}

/**
 * Starts telling subscribers. Of several processes, one at a time tells each subscriber, by a lease; a subscriber that
 * fails is tried again later, holds up no other, and misses nothing that is still kept.
 */
export function startPush(store: Store, box: SecretBox, log: Logger): Push {
  const owner = randomUUID();
  const stopping = new AbortController();
  const under = new Map<string, Promise<void>>();
  const failing = new Map<string, { readonly failures: number; readonly until: number }>();

  /** @returns whether there was anything to tell */
  async function tellNext(subscriber: Subscriber): Promise<boolean> {
    const { subscriberId, url, customerId, secret } = subscriber;
    const changes = await store.changes.read({
      customerId,
      integrationId: null,
      after: subscriber.position,
      limit: MOST_CHANGES,
    });
    const last = changes.at(-1);
    if (!last) return false;
    const body = `{"data":[${changes.map(shownChange).join(",")}]}`;
    const headers = await sign({
      // The same changes have the same id when they are told again.
      id: `${subscriberId}-${last.sequence}`,
      body,
      keys: sealedSecretOf(box, subscriberId).open(secret),
    });
    const response = await fetch(url, {
      method: "POST",
      headers: { ...headers, "content-type": "application/json" },
      body,
      redirect: "manual",
      signal: AbortSignal.any([stopping.signal, AbortSignal.timeout(TIMEOUT_MS)]),
    });
    await response.body?.cancel();
    if (!response.ok) throw new Error(`it answered ${response.status}`);
    await store.changes.advance(subscriberId, last.sequence);
    return true;
  }

  async function tell(subscriberId: string): Promise<void> {
    const lease = `subscriber:${subscriberId}`;
    try {
      while (!stopping.signal.aborted && (await store.leases.take(lease, owner, LEASE_SECONDS))) {
        // As it stands now: another process may have told it more, or it may be gone.
        const current = (await store.changes.subscribers()).find(
          (each) => each.subscriberId === subscriberId,
        );
        if (!current || !(await tellNext(current))) return;
        failing.delete(subscriberId);
      }
    } finally {
      await store.leases.release(lease, owner);
    }
  }

  function later(subscriberId: string, error: unknown): void {
    if (stopping.signal.aborted) return;
    const failures = (failing.get(subscriberId)?.failures ?? 0) + 1;
    const waitMs = Math.min(MOST_WAIT_MS, 1000 * 2 ** (failures - 1));
    failing.set(subscriberId, { failures, until: performance.now() + waitMs });
    const why = error instanceof Error ? error.message : String(error);
    log.warn(
      { subscriber: subscriberId, failures, why },
      "a subscriber did not take changes; it is tried again",
    );
  }

  async function look(): Promise<void> {
    for (const { subscriberId } of await store.changes.subscribers()) {
      const waits = (failing.get(subscriberId)?.until ?? 0) > performance.now();
      if (waits || under.has(subscriberId)) continue;
      const telling = tell(subscriberId)
        .catch((error: unknown) => later(subscriberId, error))
        .finally(() => under.delete(subscriberId));
      under.set(subscriberId, telling);
    }
  }

  let timer: NodeJS.Timeout;
  const tick = async () => {
    await look().catch((error: unknown) => log.error({ err: error }, "subscribers could not be looked up"));
    if (!stopping.signal.aborted) timer = setTimeout(tick, LOOK_MS);
  };
  timer = setTimeout(tick, 0);

  return {
    async stop() {
      stopping.abort();
      clearTimeout(timer);
      await Promise.allSettled(under.values());
    },
  };
}
