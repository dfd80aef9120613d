import type { MaybePromise, VerifyingKey } from "./crypto/prepared-key.ts";
import { WebhookUsageError, WebhookVerificationError } from "./errors.ts";
import { isDeliveryId, readHeaders, type WebhookHeadersInput } from "./headers.ts";
import { MAX_KEYS, prepareVerifyingKeys, type WebhookKeys } from "./key.ts";
import { requireRawBody } from "./payload.ts";

/** A received delivery. */
export interface WebhookDelivery {
  /** A `Headers` object, a plain object with names in any letter case, or the headers object of Node. */
  readonly headers: WebhookHeadersInput;
  /** The raw body, before any parsing. */
  readonly body: string | Uint8Array;
}

/** A received delivery, and how to verify it. */
export interface VerifyOptions extends WebhookDelivery {
  /** All current keys: `whsec_` secrets and `whpk_` public keys; during a rotation, both the old and the new key. */
  readonly keys: WebhookKeys;
  /** How many seconds the timestamp may be off, in either direction. Default: 300. */
  readonly toleranceSeconds?: number;
  /** The current time. Default: the system clock. */
  readonly now?: Date;
}

/** A verified delivery. */
export interface VerifiedWebhook {
  /** The delivery's id, the same on every retry. Use it to ignore duplicates. */
  readonly id: string;
  /** When this attempt was signed. */
  readonly timestamp: Date;
  /** The index of the key that matched. It shows when senders no longer use an old secret. */
  readonly keyIndex: number;
  /** The signed bytes. Parse these bytes; do not use a body that other code has parsed. */
  readonly body: Uint8Array;
}

export const DEFAULT_TOLERANCE_SECONDS = 300;

const encoder = new TextEncoder();

/**
 * Throws unless the tolerance is a number: comparisons with NaN are always false, so a
 * tolerance of NaN would accept every timestamp.
 *
 * @throws {WebhookUsageError} `invalid_tolerance`
 */
export function requireTolerance(toleranceSeconds: number): void {
  if (!(toleranceSeconds >= 0 && Number.isFinite(toleranceSeconds))) {
    throw new WebhookUsageError("invalid_tolerance", "toleranceSeconds must be a number, 0 or more.");
  }
}

/** Converts a Date to Unix milliseconds. @throws {WebhookUsageError} `invalid_timestamp` */
export function toUnixMilliseconds(now: Date): number {
  const milliseconds = now instanceof Date ? now.getTime() : Number.NaN;
  if (!Number.isNaN(milliseconds)) return milliseconds;
  throw new WebhookUsageError("invalid_timestamp", "now must be a valid Date.");
}

/** @param now Unix milliseconds */
function requireTimestamp(text: string, toleranceSeconds: number, now: number): void {
  const header = "webhook-timestamp";
  if (!/^\d{1,11}$/.test(text)) {
    throw new WebhookVerificationError("malformed_header", `${header} must be Unix seconds.`, header);
  }
  const ageSeconds = now / 1000 - Number(text);
  if (ageSeconds > toleranceSeconds) {
    throw new WebhookVerificationError(
      "timestamp_too_old",
      `Signed ${Math.round(ageSeconds)} s ago, but only ${toleranceSeconds} s are allowed. Sign every attempt again, and check both clocks.`,
      header,
    );
  }
  if (ageSeconds < -toleranceSeconds) {
    throw new WebhookVerificationError(
      "timestamp_too_new",
      `Signed ${Math.round(-ageSeconds)} s in the future, but only ${toleranceSeconds} s are allowed. Check both clocks.`,
      header,
    );
  }
}

function requireId(id: string): void {
  if (isDeliveryId(id)) return;
  throw new WebhookVerificationError(
    "malformed_header",
    "webhook-id must be 1 to 256 visible ASCII characters without a dot.",
    "webhook-id",
  );
}

/**
 * Splits the header into signatures.
 *
 * @throws {WebhookVerificationError} `malformed_header`
 */
function readSignatures(text: string): readonly string[] {
  // In the common case, the header contains only one signature.
  if (!text.includes(" ")) return [text];
  const signatures = text.split(" ");
  // A comma followed by a space shows a repeated header, because servers join repeated headers that way.
  if (signatures.length > MAX_KEYS || text.includes(", ")) {
    throw new WebhookVerificationError(
      "malformed_header",
      `webhook-signature is repeated or has more than ${MAX_KEYS} signatures.`,
      "webhook-signature",
    );
  }
  return signatures;
}

/**
 * Finds the key that made one of the signatures; -1 if no key did. Awaits only keys that verify
 * asynchronously, because a needless microtask per delivery would cost as much as hashing a small body.
 */
function findKey(
  keys: readonly VerifyingKey[],
  signatures: readonly string[],
  prefix: string,
  body: string | Uint8Array,
  from = 0,
): MaybePromise<number> {
  for (let index = from; index < keys.length; index += 1) {
    const verified = keys[index]?.verifies(signatures, prefix, body) ?? false;
    if (verified === true) return index;
    if (verified !== false) {
      return verified.then((is) => (is ? index : findKey(keys, signatures, prefix, body, index + 1)));
    }
  }
  return -1;
}

/** Makes the error for a delivery that no key verifies. */
function toMismatchError(
  keys: readonly VerifyingKey[],
  signatures: readonly string[],
): WebhookVerificationError {
  const wanted = [...new Set(keys.map(({ version }) => version))];
  if (signatures.some((signature) => wanted.some((version) => signature.startsWith(`${version},`)))) {
    return new WebhookVerificationError(
      "no_matching_signature",
      "No signature matches: the secret differs, or the body is not exactly the signed bytes.",
    );
  }
  return new WebhookVerificationError(
    "unsupported_signature",
    `webhook-signature has no ${wanted.join(" or ")} signature. Write the version, a comma and base64.`,
    "webhook-signature",
  );
}

/**
 * Verifies with prepared keys.
 *
 * @param now Unix milliseconds
 * @throws as {@link verify}
 */
export function verifyPrepared(
  keys: readonly VerifyingKey[],
  { headers, body }: WebhookDelivery,
  toleranceSeconds: number,
  now: number,
): MaybePromise<VerifiedWebhook> {
  requireRawBody(body);
  const read = readHeaders(headers);
  const { "webhook-id": id, "webhook-timestamp": seconds } = read;
  requireId(id);
  const signatures = readSignatures(read["webhook-signature"]);
  requireTimestamp(seconds, toleranceSeconds, now);
  const conclude = (keyIndex: number): VerifiedWebhook => {
    if (keyIndex === -1) throw toMismatchError(keys, signatures);
    const timestamp = new Date(Number(seconds) * 1000);
    return { id, timestamp, keyIndex, body: typeof body === "string" ? encoder.encode(body) : body };
  };
  const found = findKey(keys, signatures, `${id}.${seconds}.`, body);
  return typeof found === "number" ? conclude(found) : found.then(conclude);
}

/**
 * Verifies one webhook over its raw body, before anything is parsed. For many webhooks with the same keys, use
 * {@link createVerifier}, which prepares the keys once.
 *
 * @returns the verified delivery
 * @throws {WebhookVerificationError} `missing_header`, `malformed_header`, `timestamp_too_old`, `timestamp_too_new`, `unsupported_signature`, `no_matching_signature`: do not trust the delivery; respond with 401
 * @throws {WebhookUsageError} `no_keys`, `too_many_keys`, `invalid_key`, `invalid_headers`, `body_not_raw`, `invalid_tolerance`, `invalid_timestamp`: the call is wrong, not the delivery
 * @see spec/1.0/contract.md#signatures
 */
export async function verify({
  keys,
  toleranceSeconds = DEFAULT_TOLERANCE_SECONDS,
  now = new Date(),
  ...delivery
}: VerifyOptions): Promise<VerifiedWebhook> {
  requireTolerance(toleranceSeconds);
  return verifyPrepared(prepareVerifyingKeys(keys), delivery, toleranceSeconds, toUnixMilliseconds(now));
}
