import type { SecretBox } from "@convergint/internal/secret-box";
import { sign } from "@convergint/webhooks";
import type { Subscriber } from "../store/change-store.ts";
import type { Store } from "../store/store.ts";
import { serializeChange } from "./feed-stream.ts";

const MAX_CHANGES = 100;
const TIMEOUT_MS = 15_000;
const LEASE_SECONDS = 30;

/** Delivers changes to subscribers on behalf of one process, which takes a lease per subscriber. */
export class SubscriberDelivery {
  readonly #store: Store;
  readonly #box: SecretBox;
  readonly #owner: string;
  readonly #fetch: typeof fetch;
  readonly #stopping: AbortSignal;

  /**
   * @param guardedFetch connects only to addresses that subscribers may have
   * @param stopping ends every delivery
   */
  constructor(
    store: Store,
    box: SecretBox,
    guardedFetch: typeof fetch,
    owner: string,
    stopping: AbortSignal,
  ) {
    this.#store = store;
    this.#box = box;
    this.#fetch = guardedFetch;
    this.#owner = owner;
    this.#stopping = stopping;
  }

  /**
   * Delivers changes in order until the subscriber has all of them. Does nothing while another process holds
   * the subscriber's lease.
   *
   * @param onDelivered called after each delivery that the subscriber accepted
   * @throws {Error} if the subscriber does not accept a delivery
   */
  async deliverAll(subscriberId: string, onDelivered: () => void): Promise<void> {
    const { leases } = this.#store;
    const lease = `subscriber:${subscriberId}`;
    try {
      while (!this.#stopping.aborted && (await leases.take(lease, this.#owner, LEASE_SECONDS))) {
        // Reads the subscriber again, because another process may have delivered to the subscriber or removed
        // it.
        const subscriber = (await this.#store.changes.subscribers()).find(
          (each) => each.subscriberId === subscriberId,
        );
        if (!subscriber || !(await this.#deliverNext(subscriber))) return;
        onDelivered();
      }
    } finally {
      await leases.release(lease, this.#owner);
    }
  }

  /** @returns whether there was anything to deliver */
  async #deliverNext({ subscriberId, url, customerId, secret, position }: Subscriber): Promise<boolean> {
    const { changes } = this.#store;
    const end = await changes.last();
    const next = await changes.read({
      customerIds: customerId === null ? null : [customerId],
      integrationId: null,
      after: position,
      limit: MAX_CHANGES,
    });
    const last = next.at(-1);
    if (!last) {
      // Advances past other customers' changes. Otherwise, each search for a quiet customer's changes would have to
      // scan more of them.
      if (end - position >= MAX_CHANGES) await changes.advance(subscriberId, end);
      return false;
    }
    const body = `{"data":[${next.map(serializeChange).join(",")}]}`;
    const headers = await sign({
      // A retry of the same changes uses the same id.
      id: `${subscriberId}-${last.sequence}`,
      body,
      keys: bindSecretBox(this.#box, subscriberId).open(secret),
    });
    const response = await this.#fetch(url, {
      method: "POST",
      headers: { ...headers, "content-type": "application/json" },
      body,
      redirect: "manual",
      signal: AbortSignal.any([this.#stopping, AbortSignal.timeout(TIMEOUT_MS)]),
    });
    await response.body?.cancel();
    if (!response.ok) throw new Error(`the subscriber answered ${response.status}`);
    await changes.advance(subscriberId, last.sequence);
    return true;
  }
}

/** Returns functions that encrypt and decrypt a subscriber's secret. The ciphertext is bound to the subscriber. */
export function bindSecretBox(box: SecretBox, subscriberId: string) {
  const context = `${subscriberId}/secret`;
  return {
    seal: (secret: string): Uint8Array => box.seal(secret, context),
    open: (sealed: Uint8Array): string => box.open(sealed, context),
    isNewest: (sealed: Uint8Array): boolean => box.isNewest(sealed, context),
  };
}

/**
 * Re-encrypts the subscribers' secrets that are not encrypted with the newest key.
 *
 * @throws {SecretBoxError} `cannot_decrypt`
 */
export async function resealSubscribers({ changes }: Pick<Store, "changes">, box: SecretBox): Promise<void> {
  for (const subscriber of await changes.subscribers()) {
    const sealed = bindSecretBox(box, subscriber.subscriberId);
    // Decrypts every secret, even a secret that is already encrypted with the newest key, because this
    // detects a wrong key.
    const secret = sealed.open(subscriber.secret);
    if (!sealed.isNewest(subscriber.secret)) {
      await changes.saveSubscriber({ ...subscriber, secret: sealed.seal(secret) });
    }
  }
}
