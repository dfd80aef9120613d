import type { Bytes } from "./bytes.ts";
import type { Choice } from "./choice.ts";
import { HMAC_SHA256 } from "./fixes.ts";
import { type Digest, hmac, plainHash, swappedHmac } from "./hashing.ts";
import type { Mistake } from "./mistake.ts";

/** A way to make a digest from a key and a message. */
export interface Scheme {
  /** How long its digests are: a signature of another length was not made this way. */
  readonly digestBytes: number;
  /** Makes a key ready for many messages. */
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

/** HMAC-SHA256, and what people use instead. */
export const SCHEMES: readonly Choice<Scheme>[] = [
  { value: { digestBytes: 32, prepare: (key) => hmac("SHA-256", key) }, mistakes: [] },
  ...wrong(
    "sha1",
    "The hash is SHA-1",
    "The signature is an HMAC with SHA-1. v1 is HMAC with SHA-256.",
    20,
    (key) => hmac("SHA-1", key),
  ),
  ...wrong(
    "sha384",
    "The hash is SHA-384",
    "The signature is an HMAC with SHA-384. v1 is HMAC with SHA-256.",
    48,
    (key) => hmac("SHA-384", key),
  ),
  ...wrong(
    "sha512",
    "The hash is SHA-512",
    "The signature is an HMAC with SHA-512. v1 is HMAC with SHA-256.",
    64,
    (key) => hmac("SHA-512", key),
  ),
  ...wrong(
    "plain_hash",
    "It is a hash of secret and message, not an HMAC",
    "The signature is SHA-256 of the secret and the message one after the other. v1 is HMAC-SHA256, which mixes the key in another way.",
    32,
    (key) => plainHash("SHA-256", key, EMPTY),
    (key) => plainHash("SHA-256", EMPTY, key),
  ),
  ...wrong(
    "hash_without_secret",
    "It is a hash of the message alone",
    "The signature is SHA-256 of the message, without any secret: anybody could have made it. v1 is HMAC-SHA256, keyed with the secret.",
    32,
    () => plainHash("SHA-256", EMPTY, EMPTY),
  ),
  ...wrong(
    "hmac_swapped",
    "Key and message are in each other's place",
    "The HMAC was given the message as its key and the secret as its message. The key is the secret, the message is id.timestamp.body.",
    32,
    (key) => swappedHmac("SHA-256", key),
  ),
];
