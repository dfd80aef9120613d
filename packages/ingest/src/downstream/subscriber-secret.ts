import type { SecretBox } from "@convergint/internal/secret-box";
import type { Store } from "../store/store.ts";

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
    // Decrypts every secret, even those already encrypted with the newest key, because this detects a wrong
    // key.
    const secret = sealed.open(subscriber.secret);
    if (!sealed.isNewest(subscriber.secret)) {
      await changes.saveSubscriber({ ...subscriber, secret: sealed.seal(secret) });
    }
  }
}
