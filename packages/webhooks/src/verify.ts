import { requireRawBody } from "./body.ts";
import { isDeliveryId } from "./delivery-id.ts";
import { WebhookUsageError, WebhookVerificationError } from "./errors.ts";
import { readHeader, type WebhookHeadersInput } from "./headers.ts";
import { equalInConstantTime, type HmacKey } from "./hmac-sha256.ts";
import { prepareKeys, type WebhookKeys } from "./key.ts";
import { v1Signature } from "./v1-signature.ts";

/** A delivery as it came, and what to hold it against. */
export interface VerifyOptions {
  /** `Headers`, a plain object in any letter case, or Node's. */
  readonly headers: WebhookHeadersInput;
  /** The raw body, as it came. */
  readonly body: string | Uint8Array;
  /** Every secret that is current: during a rotation, the old and the new. */
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

/** A sender has a handful of current keys; more signatures than this are an attempt to keep us busy. */
const MOST_SIGNATURES = 16;

const encoder = new TextEncoder();

/** A comparison with NaN is never true, so a mistake here would let everything through. */
function requireClock(toleranceSeconds: number, now: Date): void {
  if (!(toleranceSeconds >= 0 && Number.isFinite(toleranceSeconds))) {
    throw new WebhookUsageError(
      "invalid_tolerance",
      "toleranceSeconds must be a number of seconds, 0 or more.",
    );
  }
  if (!(now instanceof Date) || Number.isNaN(now.getTime())) {
    throw new WebhookUsageError("invalid_timestamp", "now must be a valid Date.");
  }
}

function requireTimestamp(text: string, toleranceSeconds: number, now: Date): Date {
  const header = "webhook-timestamp";
  if (!/^\d{1,11}$/.test(text)) {
    throw new WebhookVerificationError(
      "malformed_header",
      `The header ${header} is not Unix seconds.`,
      header,
    );
  }
  const ageSeconds = now.getTime() / 1000 - Number(text);
  if (ageSeconds > toleranceSeconds) {
    throw new WebhookVerificationError(
      "timestamp_too_old",
      `The delivery was signed ${Math.round(ageSeconds)} s ago, more than the ${toleranceSeconds} s allowed: sign every attempt anew, and check both clocks.`,
      header,
    );
  }
  if (ageSeconds < -toleranceSeconds) {
    throw new WebhookVerificationError(
      "timestamp_too_new",
      `The delivery was signed ${Math.round(-ageSeconds)} s in the future, more than the ${toleranceSeconds} s allowed: check both clocks.`,
      header,
    );
  }
  return new Date(Number(text) * 1000);
}

function readId(headers: WebhookHeadersInput): string {
  const header = "webhook-id";
  const id = readHeader(headers, header);
  if (isDeliveryId(id)) return id;
  throw new WebhookVerificationError(
    "malformed_header",
    `The header ${header} must be visible ASCII characters without a dot, at most 256.`,
    header,
  );
}

/** The `v1` signatures, as text; other versions are passed over, as a sender may add some. */
function readSignatures(text: string): string[] {
  const signatures = text.split(" ");
  // A header that comes twice is joined with a comma and a space by whoever receives it.
  if (signatures.length > MOST_SIGNATURES || text.includes(", ")) {
    throw new WebhookVerificationError(
      "malformed_header",
      `The header webhook-signature is there twice, or has more than ${MOST_SIGNATURES} signatures.`,
      "webhook-signature",
    );
  }
  const v1 = signatures.filter((signature) => signature.startsWith("v1,"));
  if (v1.length === 0) {
    throw new WebhookVerificationError(
      "unsupported_signature",
      "The header webhook-signature has no v1 signature: it must be v1, and the base64 of an HMAC-SHA256.",
      "webhook-signature",
    );
  }
  return v1;
}

/** Verifies with keys that were made ready before. */
function verifyWithKeys(
  prepared: readonly HmacKey[],
  { headers, body, toleranceSeconds = 300, now = new Date() }: Omit<VerifyOptions, "keys">,
): VerifiedWebhook {
  requireRawBody(body);
  requireClock(toleranceSeconds, now);
  const id = readId(headers);
  const seconds = readHeader(headers, "webhook-timestamp");
  const signatures = readSignatures(readHeader(headers, "webhook-signature"));
  const timestamp = requireTimestamp(seconds, toleranceSeconds, now);
  const prefix = `${id}.${seconds}.`;
  const keyIndex = prepared.findIndex((key) => {
    // Compared as text: decoding would let through what is not the one base64 writing of the digest.
    const expected = v1Signature(key, prefix, body);
    return signatures.some((signature) => equalInConstantTime(signature, expected));
  });
  if (keyIndex === -1) {
    throw new WebhookVerificationError(
      "no_matching_signature",
      "No signature matches: the secret is another, or the body is not byte for byte what was signed.",
    );
  }
  return { id, timestamp, keyIndex, body: typeof body === "string" ? encoder.encode(body) : body };
}

/**
 * Verifies a webhook over its raw body, before anything is parsed.
 *
 * @returns what was verified
 * @throws {WebhookVerificationError} `missing_header`, `malformed_header`, `timestamp_too_old`, `timestamp_too_new`, `unsupported_signature`, `no_matching_signature`: do not trust the delivery, answer 401
 * @throws {WebhookUsageError} `no_keys`, `invalid_key`, `body_not_raw`, `invalid_tolerance`, `invalid_timestamp`: the call is wrong, not the delivery
 * @see spec/1.0/contract.md#signatures
 */
export async function verify(options: VerifyOptions): Promise<VerifiedWebhook> {
  return verifyWithKeys(prepareKeys(options.keys), options);
}
