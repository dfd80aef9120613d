import { privateKey, publicKey, sharedKey } from "#crypto";
import { fromBase64, toBase64 } from "./crypto/base64.ts";
import { ED25519_BYTES } from "./crypto/ed25519-keys.ts";
import type { SigningKey, VerifyingKey } from "./crypto/prepared-key.ts";
import { WebhookUsageError } from "./errors.ts";

/**
 * A key, or several: while one replaces another, both sign and both verify. `whsec_` is a secret that both sides share
 * (`v1`); `whsk_` is a private key that signs and `whpk_` the public key that verifies it (`v1a`).
 */
export type WebhookKeys = string | readonly string[];

/** Nobody has more that are current; a verifier does no more work than this for one delivery. */
export const MOST_KEYS = 16;

/** Standard Webhooks asks for 24 to 64 bytes. */
const FEWEST_SECRET_BYTES = 24;
const MOST_SECRET_BYTES = 64;

const GENERATED_BYTES = 32;

// Messages never repeat the key: they end up in logs.
const refuse = (why: string) => new WebhookUsageError("invalid_key", `A webhook key is no use: ${why}`);

function decode(encoded: string, kind: string): Uint8Array<ArrayBuffer> {
  const bytes = fromBase64(encoded);
  if (!bytes) throw refuse(`what follows ${kind} is not base64. Give it as it was issued.`);
  return bytes;
}

function secretBytes(key: string): Uint8Array<ArrayBuffer> {
  if (key.startsWith("v1,")) throw refuse("v1, in front belongs to signatures: take it off.");
  const bytes = decode(key.replace(/^whsec_/, ""), "whsec_");
  if (bytes.length < FEWEST_SECRET_BYTES || bytes.length > MOST_SECRET_BYTES) {
    throw refuse(
      `whsec_ must be followed by the base64 of ${FEWEST_SECRET_BYTES} to ${MOST_SECRET_BYTES} bytes, not ${bytes.length}.`,
    );
  }
  return bytes;
}

/** A private key travels as its seed, or as seed and public key together. */
function ed25519Bytes(key: string, kind: string, lengths: readonly number[]): Uint8Array<ArrayBuffer> {
  const bytes = decode(key.slice(kind.length), kind);
  if (!lengths.includes(bytes.length)) {
    throw refuse(
      `${kind} must be followed by the base64 of ${lengths.join(" or ")} bytes, not ${bytes.length}.`,
    );
  }
  return bytes.subarray(0, ED25519_BYTES);
}

function signingKey(key: string): SigningKey {
  if (key.startsWith("whpk_")) throw refuse("whpk_ cannot sign: give the private key, whsk_.");
  if (!key.startsWith("whsk_")) return sharedKey(secretBytes(key));
  return privateKey(ed25519Bytes(key, "whsk_", [ED25519_BYTES, 2 * ED25519_BYTES]));
}

function verifyingKey(key: string): VerifyingKey {
  if (key.startsWith("whsk_")) throw refuse("whsk_ is the sender's alone: give its public key, whpk_.");
  if (!key.startsWith("whpk_")) return sharedKey(secretBytes(key));
  return publicKey(ed25519Bytes(key, "whpk_", [ED25519_BYTES]));
}

function prepare<Key>(keys: WebhookKeys, make: (key: string) => Key): readonly Key[] {
  const list = typeof keys === "string" ? [keys] : keys;
  if (!Array.isArray(list) || list.length === 0) {
    throw new WebhookUsageError("no_keys", "keys is empty: is the setting missing?");
  }
  if (list.length > MOST_KEYS) {
    throw new WebhookUsageError("too_many_keys", `Give at most ${MOST_KEYS} keys: the current ones.`);
  }
  return list.map((key: unknown) => {
    if (typeof key !== "string") throw refuse(`it is of type ${typeof key}. Is the setting missing?`);
    return make(key);
  });
}

/** Makes keys ready to sign, once for many deliveries. @throws {WebhookUsageError} `no_keys`, `too_many_keys`, `invalid_key` */
export const prepareSigningKeys = (keys: WebhookKeys): readonly SigningKey[] => prepare(keys, signingKey);

/** Makes keys ready to verify, once for many deliveries. @throws {WebhookUsageError} `no_keys`, `too_many_keys`, `invalid_key` */
export const prepareVerifyingKeys = (keys: WebhookKeys): readonly VerifyingKey[] =>
  prepare(keys, verifyingKey);

/**
 * Makes a new signing secret: `whsec_` and the base64 of 32 random bytes.
 *
 * @see spec/1.0/contract.md#webhook-endpoints
 */
export const generateSecret = (): string =>
  `whsec_${toBase64(crypto.getRandomValues(new Uint8Array(GENERATED_BYTES)))}`;

/** A key pair for `v1a` signatures. */
export interface WebhookKeyPair {
  /** `whsk_` and the base64 of seed and public key: signs, and stays with the sender. */
  readonly privateKey: string;
  /** `whpk_` and the base64 of the public key: verifies, and may be told to anybody. */
  readonly publicKey: string;
}

/**
 * Makes a new Ed25519 key pair for `v1a` signatures.
 *
 * @see spec/1.0/contract.md#signatures
 */
export async function generateKeyPair(): Promise<WebhookKeyPair> {
  const pair = await crypto.subtle.generateKey("Ed25519", true, ["sign", "verify"]);
  if (!("privateKey" in pair)) throw new TypeError("This runtime makes no Ed25519 key pairs.");
  const exported = new Uint8Array(await crypto.subtle.exportKey("pkcs8", pair.privateKey));
  const publicBytes = new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey));
  const seed = exported.subarray(-ED25519_BYTES);
  return {
    privateKey: `whsk_${toBase64(Uint8Array.from([...seed, ...publicBytes]))}`,
    publicKey: `whpk_${toBase64(publicBytes)}`,
  };
}
