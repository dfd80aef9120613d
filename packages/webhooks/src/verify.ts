import { requireRawBody } from "./body.ts";
import type { MaybePromise, VerifyingKey } from "./crypto/prepared-key.ts";
import { isDeliveryId } from "./delivery-id.ts";
import { WebhookUsageError, WebhookVerificationError } from "./errors.ts";
import { readHeaders, type WebhookHeadersInput } from "./headers.ts";
import { MOST_KEYS, prepareVerifyingKeys, type WebhookKeys } from "./key.ts";

/** A delivery as it came. */
export interface WebhookDelivery {
  /** `Headers`, a plain object in any letter case, or Node's. */
  readonly headers: WebhookHeadersInput;
  /** The raw body, as it came. */
  readonly body: string | Uint8Array;
}

/** A delivery as it came, and what to hold it against. */
export interface VerifyOptions extends WebhookDelivery {
  /** Every key that is current: `whsec_` secrets and `whpk_` public keys; during a rotation, the old and the new. */
  readonly keys: WebhookKeys;
  /** How far the timestamp may be off, either way. Default: 300. */
  readonly toleranceSeconds?: number;
  /** What the clock says. Default: now. */
  readonly now?: Date;
}

/** What was verified. */
export interface VerifiedWebhook {
  /** Id of the delivery, the same on every retry: what to deduplicate by. */
  readonly id: string;
  /** When this attempt was signed. */
  readonly timestamp: Date;
  /** Which of `keys` matched, by position: tells when an old secret is no longer used. */
  readonly keyIndex: number;
  /** The bytes that were signed. Parse these, and nothing that was parsed before. */
  readonly body: Uint8Array;
}

/** How far a timestamp may be off where nothing else is said. */
export const DEFAULT_TOLERANCE_SECONDS = 300;

const encoder = new TextEncoder();

/**
 * A comparison with NaN is never true, so a mistake here would let everything through.
 *
 * @throws {WebhookUsageError} `invalid_tolerance`
 */
export function requireTolerance(toleranceSeconds: number): void {
  if (!(toleranceSeconds >= 0 && Number.isFinite(toleranceSeconds))) {
    throw new WebhookUsageError("invalid_tolerance", "toleranceSeconds must be a number, 0 or more.");
  }
}

/** @throws {WebhookUsageError} `invalid_timestamp` */
export function unixMilliseconds(now: Date): number {
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
      `Signed ${Math.round(ageSeconds)} s ago, over the ${toleranceSeconds} s allowed: sign every attempt anew, and check both clocks.`,
      header,
    );
  }
  if (ageSeconds < -toleranceSeconds) {
    throw new WebhookVerificationError(
      "timestamp_too_new",
      `Signed ${Math.round(-ageSeconds)} s in the future, over the ${toleranceSeconds} s allowed: check both clocks.`,
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
  // Nearly always there is one.
  if (!text.includes(" ")) return [text];
  const signatures = text.split(" ");
  // A header that comes twice is joined with a comma and a space by whoever receives it.
  if (signatures.length > MOST_KEYS || text.includes(", ")) {
    throw new WebhookVerificationError(
      "malformed_header",
      `webhook-signature is there twice, or has more than ${MOST_KEYS} signatures.`,
      "webhook-signature",
    );
  }
  return signatures;
}

/**
 * Which key made one of the signatures; -1 where none did. Waits only for a key that has to be waited for: a turn of the
 * queue for each delivery would cost as much as hashing a small one.
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

/** Why no key made any of the signatures. */
function noMatch(keys: readonly VerifyingKey[], signatures: readonly string[]): WebhookVerificationError {
  const wanted = [...new Set(keys.map(({ version }) => version))];
  if (signatures.some((signature) => wanted.some((version) => signature.startsWith(`${version},`)))) {
    return new WebhookVerificationError(
      "no_matching_signature",
      "No signature matches: the secret is another, or the body is not what was signed, byte for byte.",
    );
  }
  return new WebhookVerificationError(
    "unsupported_signature",
    `webhook-signature must have a signature the keys verify: ${wanted.join(" or ")}, a comma and base64.`,
    "webhook-signature",
  );
}

/**
 * Verifies with keys that were made ready before.
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
    if (keyIndex === -1) throw noMatch(keys, signatures);
    const timestamp = new Date(Number(seconds) * 1000);
    return { id, timestamp, keyIndex, body: typeof body === "string" ? encoder.encode(body) : body };
  };
  const found = findKey(keys, signatures, `${id}.${seconds}.`, body);
  return typeof found === "number" ? conclude(found) : found.then(conclude);
}

/**
 * Verifies one webhook over its raw body, before anything is parsed. For many with the same keys, see
 * {@link createVerifier}, which prepares them once.
 *
 * @returns what was verified
 * @throws {WebhookVerificationError} `missing_header`, `malformed_header`, `timestamp_too_old`, `timestamp_too_new`, `unsupported_signature`, `no_matching_signature`: do not trust the delivery, answer 401
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
  return verifyPrepared(prepareVerifyingKeys(keys), delivery, toleranceSeconds, unixMilliseconds(now));
}
