import type { Bytes } from "./bytes.ts";
import type { Choice } from "./choice.ts";
import { HMAC_SHA256 } from "./fixes.ts";
import { createPlainHash, createSwappedHmac, type Digest, hasher } from "./hashing.ts";
import type { Mistake } from "./mistake.ts";

/** A way to compute a digest from a key and a message. */
export interface Scheme {
  /** The length of this scheme's digests. A signature of another length was made with another scheme. */
  readonly digestBytes: number;
  /** Prepares a key for many messages. */
  readonly prepare: (key: Bytes) => Digest;
}

const EMPTY: Bytes = new Uint8Array();

const wrong = (
  code: Mistake["code"],
  title: string,
  explanation: string,
  digestBytes: number,
  ...prepares: readonly Scheme["prepare"][]
): readonly Choice<Scheme>[] => {
  const mistake: Mistake = {
    code,
    title,
    explanation,
    fix: HMAC_SHA256,
    where: "sender",
    requirement: "SIG-001",
  };
  return prepares.map((prepare) => ({ value: { digestBytes, prepare }, mistakes: [mistake] }));
};

/** The correct scheme, HMAC-SHA256, and the schemes that senders use instead. */
export const SCHEMES: readonly Choice<Scheme>[] = [
  { value: { digestBytes: 32, prepare: (key) => hasher.createHmac("SHA-256", key) }, mistakes: [] },
  ...wrong(
    "sha1",
    "The hash is SHA-1",
    "The signature is an HMAC with SHA-1. v1 is HMAC with SHA-256.",
    20,
    (key) => hasher.createHmac("SHA-1", key),
  ),
  ...wrong(
    "sha384",
    "The hash is SHA-384",
    "The signature is an HMAC with SHA-384. v1 is HMAC with SHA-256.",
    48,
    (key) => hasher.createHmac("SHA-384", key),
  ),
  ...wrong(
    "sha512",
    "The hash is SHA-512",
    "The signature is an HMAC with SHA-512. v1 is HMAC with SHA-256.",
    64,
    (key) => hasher.createHmac("SHA-512", key),
  ),
  ...wrong(
    "plain_hash",
    "The signature is a hash of the secret and the message, not an HMAC",
    "The signature is the SHA-256 of the secret and the message concatenated. v1 is HMAC-SHA256, which combines the secret and the message differently.",
    32,
    (key) => createPlainHash("SHA-256", key, EMPTY),
    (key) => createPlainHash("SHA-256", EMPTY, key),
  ),
  ...wrong(
    "hash_without_secret",
    "The signature is a hash of the message only",
    "The signature is the SHA-256 of the message without a secret, so anyone can produce it. v1 is HMAC-SHA256 with the secret as its key.",
    32,
    () => createPlainHash("SHA-256", EMPTY, EMPTY),
  ),
  ...wrong(
    "hmac_swapped",
    "The key and the message are swapped",
    "The HMAC was computed with the message as the key and the secret as the message. Use the secret as the key and id.timestamp.body as the message.",
    32,
    (key) => createSwappedHmac("SHA-256", key),
  ),
];
