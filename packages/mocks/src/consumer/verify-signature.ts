import { MockError } from "../mock-error.ts";
import { Refusal } from "../problem.ts";

const PREFIX = "whsec_";
const [FEWEST_BYTES, MAX_BYTES] = [24, 64];

/** Decodes canonical base64; `null` for any other text. */
function readBase64(text: string): Uint8Array<ArrayBuffer> | null {
  let binary: string;
  try {
    binary = atob(text);
  } catch {
    return null;
  }
  return btoa(binary) === text ? Uint8Array.from(binary, (character) => character.charCodeAt(0)) : null;
}

/** A secret imported for verification. */
export type SecretKey = Awaited<ReturnType<typeof crypto.subtle.importKey>>;

/**
 * Imports a secret for verification.
 *
 * @throws {MockError} `invalid_option`; the message does not quote the secret
 * @see spec/1.0/contract.md#signatures
 */
export function importSecret(secret: string): Promise<SecretKey> {
  const bytes = secret.startsWith(PREFIX) ? readBase64(secret.slice(PREFIX.length)) : null;
  if (bytes === null || bytes.length < FEWEST_BYTES || bytes.length > MAX_BYTES)
    throw new MockError(
      "invalid_option",
      "Invalid secret: use whsec_ followed by the base64 of 24 to 64 bytes.",
    );
  return crypto.subtle.importKey("raw", bytes, { name: "HMAC", hash: "SHA-256" }, false, ["verify"]);
}

const TOLERANCE_SECONDS = 300;
/** Limits that no valid delivery exceeds. */
const MAX_CHARACTERS = 4096;
const MAX_SIGNATURES = 16;

function readHeader(headers: Headers, name: string): string {
  const value = headers.get(name);
  if (!value) throw new Refusal("missing_signature", `The header ${name} is missing: sign every delivery.`);
  if (value.length > MAX_CHARACTERS) throw new Refusal("wrong_signature", `The header ${name} is too long.`);
  return value;
}

/**
 * Rejects a dot in the id. With a dot, the signed text of an old delivery could be split differently and
 * verify as another delivery.
 */
function readId(headers: Headers): string {
  const id = readHeader(headers, "webhook-id");
  if (/^[\x21-\x2d\x2f-\x7e]{1,256}$/.test(id)) return id;
  throw new Refusal("wrong_signature", "webhook-id must be 1 to 256 visible ASCII characters without a dot.");
}

function readTimestamp(headers: Headers, now: Date): string {
  const text = readHeader(headers, "webhook-timestamp");
  if (!/^\d{1,11}$/.test(text))
    throw new Refusal("wrong_signature", "webhook-timestamp must be Unix seconds.");
  const age = now.getTime() / 1000 - Number(text);
  if (Math.abs(age) <= TOLERANCE_SECONDS) return text;
  throw new Refusal(
    "stale_timestamp",
    `webhook-timestamp is ${Math.round(Math.abs(age))} s ${age > 0 ? "old" : "ahead of this clock"}. Sign every attempt again, and check both clocks.`,
  );
}

/** Returns the `v1` signatures as bytes; skips signatures of other versions, which a sender may add. */
function readSignatures(headers: Headers): readonly Uint8Array<ArrayBuffer>[] {
  const signatures = readHeader(headers, "webhook-signature").split(" ");
  if (signatures.length > MAX_SIGNATURES)
    throw new Refusal("wrong_signature", `webhook-signature has more than ${MAX_SIGNATURES} signatures.`);
  return signatures.flatMap((signature) => {
    const bytes = signature.startsWith("v1,") ? readBase64(signature.slice("v1,".length)) : null;
    return bytes === null ? [] : [bytes];
  });
}

/**
 * Verifies a delivery over its raw body, in constant time.
 *
 * @param keys all current secrets, imported for verification
 * @returns the id of the delivery
 * @throws {Refusal} `missing_signature`, `stale_timestamp`, `wrong_signature`
 * @see spec/1.0/contract.md#signatures
 */
export async function verifySignature(
  headers: Headers,
  body: Uint8Array<ArrayBuffer>,
  keys: readonly SecretKey[],
  now: Date,
): Promise<string> {
  const id = readId(headers);
  const timestamp = readHeader(headers, "webhook-timestamp");
  const signatures = readSignatures(headers);
  readTimestamp(headers, now);
  const signed = new Uint8Array(await new Blob([`${id}.${timestamp}.`, body]).arrayBuffer());
  for (const key of keys)
    for (const signature of signatures)
      if (await crypto.subtle.verify("HMAC", key, signature, signed)) return id;
  throw new Refusal(
    "wrong_signature",
    "No v1 signature matches: the secret differs, or the body is not exactly the signed bytes.",
  );
}
