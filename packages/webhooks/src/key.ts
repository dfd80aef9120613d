import { preparePrivateKey, preparePublicKey, prepareSharedKey } from "#crypto";
import { ED25519_BYTES, fromBase64, toBase64 } from "./crypto/base64.ts";
import type { SigningKey, VerifyingKey } from "./crypto/prepared-key.ts";
import { WebhookUsageError } from "./errors.ts";

/**
 * One key or several: during a rotation, both the old and the new key sign and verify. `whsec_` is a shared
 * secret (`v1`). `whsk_` is a private key that signs, and `whpk_` is the public key that verifies (`v1a`).
 */
export type WebhookKeys = string | readonly string[];

/** The maximum number of keys, and of signatures per delivery. This limit bounds the work of a verifier. */
export const MAX_KEYS = 16;

/** Standard Webhooks requires 24 to 64 bytes. */
const MIN_SECRET_BYTES = 24;
const MAX_SECRET_BYTES = 64;

const GENERATED_BYTES = 32;

// Error messages end up in logs, so they never contain the key.
const refuse = (why: string) => new WebhookUsageError("invalid_key", `Invalid webhook key: ${why}`);

function decode(encoded: string, kind: string): Uint8Array<ArrayBuffer> {
  const bytes = fromBase64(encoded);
  if (!bytes) throw refuse(`the text after ${kind} is not base64. Pass the key as it was issued.`);
  return bytes;
}

function decodeSecret(key: string): Uint8Array<ArrayBuffer> {
  if (key.startsWith("v1,")) throw refuse("it begins with v1, like a signature. Remove v1, from the key.");
  // Without this check, a public key pasted without whpk_ would become a shared secret that everyone knows.
  if (!key.startsWith("whsec_"))
    throw refuse("it does not begin with whsec_. Pass the key as it was issued.");
  const bytes = decode(key.slice("whsec_".length), "whsec_");
  if (bytes.length < MIN_SECRET_BYTES || bytes.length > MAX_SECRET_BYTES) {
    throw refuse(
      `whsec_ must be followed by the base64 of ${MIN_SECRET_BYTES} to ${MAX_SECRET_BYTES} bytes, not ${bytes.length}.`,
    );
  }
  return bytes;
}

/** Decodes a key; the text of a private key contains its seed, or its seed and the public key. */
function decodeEd25519(key: string, kind: string, lengths: readonly number[]): Uint8Array<ArrayBuffer> {
  const bytes = decode(key.slice(kind.length), kind);
  if (!lengths.includes(bytes.length)) {
    throw refuse(
      `${kind} must be followed by the base64 of ${lengths.join(" or ")} bytes, not ${bytes.length}.`,
    );
  }
  return bytes.subarray(0, ED25519_BYTES);
}

function prepareSigningKey(key: string): SigningKey {
  if (key.startsWith("whpk_"))
    throw refuse("whpk_ is a public key and cannot sign. Pass the private key, whsk_.");
  if (!key.startsWith("whsk_")) return prepareSharedKey(decodeSecret(key));
  return preparePrivateKey(decodeEd25519(key, "whsk_", [ED25519_BYTES, 2 * ED25519_BYTES]));
}

function prepareVerifyingKey(key: string): VerifyingKey {
  if (key.startsWith("whsk_")) throw refuse("whsk_ is the sender's private key. Pass the public key, whpk_.");
  if (!key.startsWith("whpk_")) return prepareSharedKey(decodeSecret(key));
  return preparePublicKey(decodeEd25519(key, "whpk_", [ED25519_BYTES]));
}

function prepare<Key>(keys: WebhookKeys, make: (key: string) => Key): readonly Key[] {
  const list = typeof keys === "string" ? [keys] : keys;
  if (!Array.isArray(list) || list.length === 0) {
    throw new WebhookUsageError("no_keys", "`keys` is empty: pass a key.");
  }
  if (list.length > MAX_KEYS) {
    throw new WebhookUsageError("too_many_keys", `More than ${MAX_KEYS} keys: pass only the current ones.`);
  }
  return list.map((key: unknown) => {
    if (typeof key !== "string")
      throw refuse(`it is of type ${typeof key}, not a string. Check the setting.`);
    return make(key);
  });
}

/** Prepares keys to sign many deliveries. @throws {WebhookUsageError} `no_keys`, `too_many_keys`, `invalid_key` */
export const prepareSigningKeys = (keys: WebhookKeys): readonly SigningKey[] =>
  prepare(keys, prepareSigningKey);

/** Prepares keys to verify many deliveries. @throws {WebhookUsageError} `no_keys`, `too_many_keys`, `invalid_key` */
export const prepareVerifyingKeys = (keys: WebhookKeys): readonly VerifyingKey[] =>
  prepare(keys, prepareVerifyingKey);

/**
 * Generates a signing secret: `whsec_` and the base64 of 32 random bytes.
 *
 * @see spec/1.0/contract.md#webhook-endpoints
 */
export const generateSecret = (): string =>
  `whsec_${toBase64(crypto.getRandomValues(new Uint8Array(GENERATED_BYTES)))}`;

/** A key pair for `v1a` signatures. */
export interface WebhookKeyPair {
  /** `whsk_` and the base64 of the seed and the public key. The private key signs and must never leave the sender. */
  readonly privateKey: string;
  /** `whpk_` and the base64 of the public key. The public key verifies and may be published. */
  readonly publicKey: string;
}

/**
 * Generates an Ed25519 key pair for `v1a` signatures.
 *
 * @see spec/1.0/contract.md#signatures
 */
export async function generateKeyPair(): Promise<WebhookKeyPair> {
  const pair = await crypto.subtle.generateKey("Ed25519", true, ["sign", "verify"]);
  if (!("privateKey" in pair)) throw new TypeError("This runtime cannot generate Ed25519 key pairs.");
  const exported = new Uint8Array(await crypto.subtle.exportKey("pkcs8", pair.privateKey));
  const publicBytes = new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey));
  const seed = exported.subarray(-ED25519_BYTES);
  return {
    privateKey: `whsk_${toBase64(Uint8Array.from([...seed, ...publicBytes]))}`,
    publicKey: `whpk_${toBase64(publicBytes)}`,
  };
}
