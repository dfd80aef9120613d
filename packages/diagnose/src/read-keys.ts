import { type Bytes, fromBase64, fromUrlAlphabet, padBase64, utf8 } from "./bytes.ts";
import { createEd25519Verifier } from "./hashing.ts";
import { keyFormMistake } from "./key-form-mistakes.ts";
import type { Mistake } from "./mistake.ts";

/** A shared secret. */
export interface Secret {
  /** The text after `whsec_`. */
  readonly encoded: string;
  /** The decoded secret. */
  readonly bytes: Bytes;
}

/** Checks a signature with a public key. */
export type PublicKey = ReturnType<typeof createEd25519Verifier>;

/** The keys that could be read, and what is wrong with the text of the keys. */
export interface ReadKeys {
  readonly secrets: readonly Secret[];
  readonly publicKeys: readonly PublicKey[];
  readonly facts: readonly Mistake[];
}

const ED25519_BYTES = 32;
const MIN_SECRET_BYTES = 24;
const MAX_SECRET_BYTES = 64;
const MAX_KEYS = 16;

/** Removes characters that do not belong to a key, and records a mistake for each removal. */
function clean(given: string, facts: Mistake[]): string {
  const unspaced = given.trim();
  if (unspaced !== given) facts.push(keyFormMistake("key_has_whitespace"));
  const unquoted = unspaced.replace(/^(["'`])(.*)\1$/, "$2");
  if (unquoted !== unspaced) facts.push(keyFormMistake("key_has_quotes"));
  const unversioned = unquoted.replace(/^v1a?,/, "");
  if (unversioned !== unquoted) facts.push(keyFormMistake("key_has_v1_prefix"));
  return unversioned;
}

/** Decodes base64, base64url or base64 without padding and records each deviation. */
function decode(encoded: string, facts: Mistake[]): Bytes | null {
  const plain = fromUrlAlphabet(encoded);
  const padded = padBase64(plain);
  const bytes = fromBase64(padded);
  if (bytes && plain !== encoded) facts.push(keyFormMistake("key_base64url"));
  if (bytes && padded !== plain) facts.push(keyFormMistake("key_unpadded"));
  if (!bytes) facts.push(keyFormMistake("key_not_base64"));
  return bytes;
}

function readSecret(key: string, facts: Mistake[]): Secret {
  const encoded = key.replace(/^whsec_/, "");
  const bytes = decode(encoded, facts);
  if (bytes && encoded === key) facts.push(keyFormMistake("key_without_prefix"));
  if (bytes && (bytes.length < MIN_SECRET_BYTES || bytes.length > MAX_SECRET_BYTES)) {
    facts.push(keyFormMistake("key_length"));
  }
  return { encoded, bytes: bytes ?? utf8(encoded) };
}

function readEd25519(key: string, facts: Mistake[]): PublicKey | null {
  const bytes = decode(key.slice("whpk_".length), facts);
  if (key.startsWith("whsk_")) {
    facts.push(keyFormMistake("private_key_given"));
    // A private key may consist of the seed and the public key, or of only the seed. Only the first form
    // contains the public key.
    return bytes?.length === 2 * ED25519_BYTES ? createEd25519Verifier(bytes.slice(ED25519_BYTES)) : null;
  }
  if (bytes?.length === ED25519_BYTES) return createEd25519Verifier(bytes);
  if (bytes) facts.push(keyFormMistake("key_length"));
  return null;
}

/** Reads keys and records what is wrong with their text. */
export function readKeys(given: unknown): ReadKeys {
  const list: readonly unknown[] = Array.isArray(given) ? given : [given];
  const facts: Mistake[] = [];
  const secrets: Secret[] = [];
  const publicKeys: PublicKey[] = [];
  if (list.length > MAX_KEYS) facts.push(keyFormMistake("too_many_keys"));
  for (const key of list.slice(0, MAX_KEYS)) {
    const text = typeof key === "string" ? clean(key, facts) : "";
    if (text === "") facts.push(keyFormMistake("no_key"));
    else if (/^wh[ps]k_/.test(text))
      publicKeys.push(...[readEd25519(text, facts)].filter((read) => read !== null));
    else secrets.push(readSecret(text, facts));
  }
  if (list.length === 0) facts.push(keyFormMistake("no_key"));
  return { secrets, publicKeys, facts };
}
