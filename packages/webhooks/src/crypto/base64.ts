/** The prefix of an Ed25519 seed in PKCS #8 (RFC 8410). */
const PKCS8 = [0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20];

/** The length in bytes of an Ed25519 public key and of a private key's seed. */
export const ED25519_BYTES = 32;

/** Wraps a private key's seed in PKCS #8. */
export const toPkcs8 = (seed: Uint8Array): Uint8Array<ArrayBuffer> => Uint8Array.from([...PKCS8, ...seed]);

/** Encodes bytes as base64. */
export const toBase64 = (bytes: Uint8Array): string => btoa(String.fromCharCode(...bytes));

/**
 * Decodes canonical base64: padded, and without stray bits in the last character. Returns `null` for anything else, so
 * that no two texts decode to the same key or signature.
 */
export function fromBase64(text: string): Uint8Array<ArrayBuffer> | null {
  let binary: string;
  try {
    binary = atob(text);
  } catch {
    return null;
  }
  if (btoa(binary) !== text) return null;
  return Uint8Array.from(binary, (character) => character.charCodeAt(0));
}
