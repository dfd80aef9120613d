import { type Bytes, concat } from "./bytes.ts";

/** Makes a digest of a message with a key that was made ready. */
export type Digest = (message: Bytes) => Promise<Bytes>;

export type Hash = "SHA-1" | "SHA-256" | "SHA-384" | "SHA-512";

/** HMAC fills a key up with zeros, so a single zero is the empty key, which WebCrypto does not take. */
const importable = (key: Bytes): Bytes => (key.length === 0 ? new Uint8Array(1) : key);

const importHmac = (hash: Hash, key: Bytes) =>
  crypto.subtle.importKey("raw", importable(key), { name: "HMAC", hash }, false, ["sign"]);

export function hmac(hash: Hash, key: Bytes): Digest {
  const imported = importHmac(hash, key);
  return async (message) => new Uint8Array(await crypto.subtle.sign("HMAC", await imported, message));
}

/** HMAC with key and message in each other's place. */
export const swappedHmac =
  (hash: Hash, key: Bytes): Digest =>
  async (message) =>
    new Uint8Array(await crypto.subtle.sign("HMAC", await importHmac(hash, message), key));

/** A hash of the message, with something before and after it. */
export const plainHash =
  (hash: Hash, before: Bytes, after: Bytes): Digest =>
  async (message) =>
    new Uint8Array(await crypto.subtle.digest(hash, concat(before, message, after)));

/** Verifies Ed25519 signatures; where the runtime does not know Ed25519, none verifies. */
export function ed25519(publicKey: Bytes): (signature: Bytes, message: Bytes) => Promise<boolean> {
  const imported = crypto.subtle.importKey("raw", publicKey, "Ed25519", false, ["verify"]).catch(() => null);
  return async (signature, message) => {
    const key = await imported;
    return key !== null && crypto.subtle.verify("Ed25519", key, signature, message);
  };
}
