import { WebhookUsageError } from "./errors.ts";
import { type HmacKey, prepareHmacKey } from "./hmac-sha256.ts";

/** A signing secret, or several: while one replaces another, both sign and both verify. */
export type WebhookKeys = string | readonly string[];

const PREFIX = "whsec_";
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** Standard Webhooks asks for 24 to 64 bytes. */
const FEWEST_BYTES = 24;
const MOST_BYTES = 64;

const GENERATED_BYTES = 32;

function decode(key: unknown): Uint8Array<ArrayBuffer> {
  // Messages never repeat the key: they end up in logs.
  const refuse = (why: string) =>
    new WebhookUsageError(
      "invalid_key",
      `A key is not a webhook secret: ${why}. Send it as it was issued: whsec_ and base64.`,
    );
  if (typeof key !== "string")
    throw refuse(`it is ${key === undefined ? "undefined, is the setting missing?" : `a ${typeof key}`}`);
  if (key.startsWith("v1,")) throw refuse("it has v1, in front, which belongs to signatures");
  const encoded = key.startsWith(PREFIX) ? key.slice(PREFIX.length) : key;
  if (!BASE64.test(encoded)) throw refuse("what follows whsec_ is not base64");
  const binary = atob(encoded);
  // By hand: Uint8Array.from with a function costs more than the HMAC of a small delivery.
  const bytes = new Uint8Array(binary.length);
  for (let at = 0; at < binary.length; at += 1) bytes[at] = binary.charCodeAt(at);
  if (bytes.length < FEWEST_BYTES || bytes.length > MOST_BYTES) {
    throw refuse(`it holds ${bytes.length} bytes, not ${FEWEST_BYTES} to ${MOST_BYTES}`);
  }
  return bytes;
}

/**
 * Makes keys ready for use, once for many deliveries.
 *
 * @throws {WebhookUsageError} `no_keys`, `invalid_key`
 */
export function prepareKeys(keys: WebhookKeys): readonly HmacKey[] {
  const list = typeof keys === "string" ? [keys] : keys;
  if (!Array.isArray(list) || list.length === 0) {
    throw new WebhookUsageError("no_keys", "Give at least one signing secret: keys is empty.");
  }
  return list.map((key) => prepareHmacKey(decode(key)));
}

/**
 * Makes a new signing secret: `whsec_` and the base64 of 32 random bytes.
 *
 * @see spec/1.0/contract.md#webhook-endpoints
 */
export function generateSecret(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(GENERATED_BYTES));
  return PREFIX + btoa(String.fromCharCode(...bytes));
}
