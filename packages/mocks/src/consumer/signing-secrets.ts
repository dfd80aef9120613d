import { MockError } from "../mock-error.ts";

const PREFIX = "whsec_";
const [FEWEST_BYTES, MOST_BYTES] = [24, 64];

/** The bytes that base64 stands for; `null` for any text but the one base64 writing of them. */
export function readBase64(text: string): Uint8Array<ArrayBuffer> | null {
  let binary: string;
  try {
    binary = atob(text);
  } catch {
    return null;
  }
  return btoa(binary) === text ? Uint8Array.from(binary, (character) => character.charCodeAt(0)) : null;
}

/** A secret that is ready to verify with. */
export type SecretKey = Awaited<ReturnType<typeof crypto.subtle.importKey>>;

/**
 * Makes a secret ready to verify with.
 *
 * @throws {MockError} `invalid_option`; the message does not repeat the secret
 * @see spec/1.0/contract.md#signatures
 */
export function importSecret(secret: string): Promise<SecretKey> {
  const bytes = secret.startsWith(PREFIX) ? readBase64(secret.slice(PREFIX.length)) : null;
  if (bytes === null || bytes.length < FEWEST_BYTES || bytes.length > MOST_BYTES)
    throw new MockError("invalid_option", "Each secret must be whsec_ and the base64 of 24 to 64 bytes.");
  return crypto.subtle.importKey("raw", bytes, { name: "HMAC", hash: "SHA-256" }, false, ["verify"]);
}
