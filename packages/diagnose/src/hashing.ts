import { type Bytes, concat } from "./bytes.ts";

/** Computes the digest of a message with a prepared key. */
export type Digest = (message: Bytes) => Promise<Bytes>;

export type Hash = "SHA-1" | "SHA-256" | "SHA-384" | "SHA-512";

/** Replaces an empty key, which WebCrypto refuses, by a zero byte: HMAC pads keys with zeros. */
const toImportable = (key: Bytes): Bytes => (key.length === 0 ? new Uint8Array(1) : key);

const importHmac = (hash: Hash, key: Bytes) =>
  crypto.subtle.importKey("raw", toImportable(key), { name: "HMAC", hash }, false, ["sign"]);

export function createHmac(hash: Hash, key: Bytes): Digest {
  const imported = importHmac(hash, key);
  return async (message) => new Uint8Array(await crypto.subtle.sign("HMAC", await imported, message));
}

/** Computes an HMAC with key and message swapped. */
export const createSwappedHmac =
  (hash: Hash, key: Bytes): Digest =>
  async (message) =>
    new Uint8Array(await crypto.subtle.sign("HMAC", await importHmac(hash, message), key));

/** Hashes the message with a prefix and a suffix. */
export const createPlainHash =
  (hash: Hash, before: Bytes, after: Bytes): Digest =>
  async (message) =>
    new Uint8Array(await crypto.subtle.digest(hash, concat(before, message, after)));

/** Makes a verifier of Ed25519 signatures; it accepts none if the runtime lacks Ed25519. */
export function createEd25519Verifier(
  publicKey: Bytes,
): (signature: Bytes, message: Bytes) => Promise<boolean> {
  const imported = crypto.subtle.importKey("raw", publicKey, "Ed25519", false, ["verify"]).catch(() => null);
  return async (signature, message) => {
    const key = await imported;
    return key !== null && crypto.subtle.verify("Ed25519", key, signature, message);
  };
}
