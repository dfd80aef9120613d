import { WebhookUsageError } from "./errors.ts";
import { isDeliveryId, type WebhookHeaders } from "./headers.ts";
import { prepareSigningKeys, type WebhookKeys } from "./key.ts";
import { requireRawBody } from "./payload.ts";

/** One attempt to deliver a webhook. */
export interface WebhookAttempt {
  /** The event's id, the same on every retry: 1 to 256 visible ASCII characters without a dot. */
  readonly id: string;
  /** Exactly the string or bytes that you send. */
  readonly body: string | Uint8Array;
  /** The time of this attempt: a Date or whole Unix seconds. Default: now. */
  readonly timestamp?: Date | number;
}

/** Options of a signer. */
export interface SignerOptions {
  /**
   * The endpoint's secret (`whsec_`) or your private key (`whsk_`); during a rotation, both the old and the
   * new key.
   */
  readonly keys: WebhookKeys;
}

/** Options of {@link sign}: one attempt and its keys. */
export interface SignOptions extends WebhookAttempt, SignerOptions {}

/** Signs one attempt. Rejects with the errors of {@link sign}. */
export type Signer = (attempt: WebhookAttempt) => Promise<WebhookHeaders>;

function requireId(id: unknown): asserts id is string {
  if (typeof id === "string" && isDeliveryId(id)) return;
  throw new WebhookUsageError(
    "invalid_id",
    "The id must be 1 to 256 visible ASCII characters without a dot.",
  );
}

function toUnixSeconds(timestamp: Date | number): number {
  const seconds = timestamp instanceof Date ? Math.floor(timestamp.getTime() / 1000) : timestamp;
  if (Number.isInteger(seconds) && seconds >= 0 && seconds < 1e11) return seconds;
  throw new WebhookUsageError(
    "invalid_timestamp",
    "The timestamp must be a Date or whole Unix seconds: divide milliseconds by 1000.",
  );
}

/**
 * Creates a signer that prepares its keys once. Create one per endpoint, and a new one when the endpoint's secret rotates.
 *
 * @returns a function that signs an attempt as {@link sign} does. It rejects with `WebhookUsageError` `invalid_id`,
 *   `invalid_timestamp`, `body_not_raw`
 * @throws {WebhookUsageError} `no_keys`, `too_many_keys`, `invalid_key`
 * @see spec/1.0/contract.md#signatures
 */
export function createSigner({ keys }: SignerOptions): Signer {
  const prepared = prepareSigningKeys(keys);
  return async ({ id, body, timestamp = new Date() }) => {
    requireId(id);
    requireRawBody(body);
    const seconds = toUnixSeconds(timestamp);
    const prefix = `${id}.${seconds}.`;
    const signatures: string[] = [];
    for (const key of prepared) {
      const signature = key.sign(prefix, body);
      // Does not await a signature that node:crypto has already returned: that would take as long as hashing a small body.
      signatures.push(typeof signature === "string" ? signature : await signature);
    }
    return {
      "webhook-id": id,
      "webhook-timestamp": String(seconds),
      "webhook-signature": signatures.join(" "),
    };
  };
}

/**
 * Signs one attempt to deliver a webhook. For many webhooks with the same keys, use {@link createSigner}, which prepares
 * the keys once.
 *
 * @returns the three headers to send with the body, ready for `fetch`; one signature per key
 * @throws {WebhookUsageError} `no_keys`, `too_many_keys`, `invalid_key`, `invalid_id`, `invalid_timestamp`, `body_not_raw`
 * @see spec/1.0/contract.md#signatures
 */
export async function sign(options: SignOptions): Promise<WebhookHeaders> {
  return createSigner(options)(options);
}
