import { MockError } from "../mock-error.ts";

const PREFIX = "whsec_";
const [FEWEST_BYTES, MAX_BYTES] = [24, 64];

/** Decodes canonical base64; `null` for any other text. */
export function readBase64(text: string): Uint8Array<ArrayBuffer> | null {
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
