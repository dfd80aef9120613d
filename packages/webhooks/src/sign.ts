import { WebhookUsageError } from "./errors.ts";
import { isDeliveryId, type WebhookHeaders } from "./headers.ts";
import { prepareSigningKeys, type WebhookKeys } from "./key.ts";
import { requireRawBody } from "./payload.ts";

/** Options of {@link sign}: one attempt to deliver a webhook. */
export interface SignOptions {
  /** The event's id, the same on every retry: 1 to 256 visible ASCII characters without a dot. */
  readonly id: string;
  /** Exactly the string or bytes that you send. */
  readonly body: string | Uint8Array;
  /**
   * The endpoint's secret (`whsec_`) or your private key (`whsk_`); during a rotation, both the old and the
   * new key.
   */
  readonly keys: WebhookKeys;
  /** The time of this attempt: a Date or whole Unix seconds. Default: now. */
  readonly timestamp?: Date | number;
}

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
 * Signs one attempt to deliver a webhook.
 *
 * @returns the three headers to send with the body, ready for `fetch`; one signature per key
 * @throws {WebhookUsageError} `no_keys`, `too_many_keys`, `invalid_key`, `invalid_id`, `invalid_timestamp`, `body_not_raw`
 * @see spec/1.0/contract.md#signatures
 */
export async function sign({ id, body, keys, timestamp = new Date() }: SignOptions): Promise<WebhookHeaders> {
  requireId(id);
  requireRawBody(body);
  const seconds = toUnixSeconds(timestamp);
  const prefix = `${id}.${seconds}.`;
  const signatures = await Promise.all(prepareSigningKeys(keys).map((key) => key.sign(prefix, body)));
  return {
    "webhook-id": id,
    "webhook-timestamp": String(seconds),
    "webhook-signature": signatures.join(" "),
  };
}
