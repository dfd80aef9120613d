import { type Bytes, fromBase64, fromUrlAlphabet, padBase64, utf8 } from "./bytes.ts";
import { ed25519 } from "./hashing.ts";
import { keyFormMistake } from "./key-form-mistakes.ts";
import type { Mistake } from "./mistake.ts";

/** A secret that both sides share. */
export interface Secret {
  /** What follows `whsec_`, as it was issued. */
  readonly encoded: string;
  /** What that stands for. */
  readonly bytes: Bytes;
}

/** Tells whether a public key verifies a signature. */
export type PublicKey = ReturnType<typeof ed25519>;

/** The keys that could be read, and what is wrong with how they were given. */
export interface ReadKeys {
  readonly secrets: readonly Secret[];
  readonly publicKeys: readonly PublicKey[];
  readonly facts: readonly Mistake[];
}

const ED25519_BYTES = 32;
const FEWEST_SECRET_BYTES = 24;
const MOST_SECRET_BYTES = 64;
const MOST_KEYS = 16;

/** Takes off what does not belong to a key, naming each. */
function tidy(given: string, facts: Mistake[]): string {
  const unspaced = given.trim();
  if (unspaced !== given) facts.push(keyFormMistake("key_has_whitespace"));
  const unquoted = unspaced.replace(/^(["'`])(.*)\1$/, "$2");
  if (unquoted !== unspaced) facts.push(keyFormMistake("key_has_quotes"));
  const unversioned = unquoted.replace(/^v1a?,/, "");
  if (unversioned !== unquoted) facts.push(keyFormMistake("key_has_v1_prefix"));
  return unversioned;
}

/** Reads base64 that may be without padding or in the alphabet for URLs, naming each. */
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
  if (bytes && (bytes.length < FEWEST_SECRET_BYTES || bytes.length > MOST_SECRET_BYTES)) {
    facts.push(keyFormMistake("key_length"));
  }
  return { encoded, bytes: bytes ?? utf8(encoded) };
}

function readEd25519(key: string, facts: Mistake[]): PublicKey | null {
  const bytes = decode(key.slice("whpk_".length), facts);
  if (key.startsWith("whsk_")) {
    facts.push(keyFormMistake("private_key_given"));
    // Seed and public key together; a seed alone does not hold its public key.
    return bytes?.length === 2 * ED25519_BYTES ? ed25519(bytes.slice(ED25519_BYTES)) : null;
  }
  if (bytes?.length === ED25519_BYTES) return ed25519(bytes);
  if (bytes) facts.push(keyFormMistake("key_length"));
  return null;
}

/** Reads keys as they were given, however they were given. */
export function readKeys(given: unknown): ReadKeys {
  const list: readonly unknown[] = Array.isArray(given) ? given : [given];
  const facts: Mistake[] = [];
  const secrets: Secret[] = [];
  const publicKeys: PublicKey[] = [];
  if (list.length > MOST_KEYS) facts.push(keyFormMistake("too_many_keys"));
  for (const key of list.slice(0, MOST_KEYS)) {
    const text = typeof key === "string" ? tidy(key, facts) : "";
    if (text === "") facts.push(keyFormMistake("no_key"));
    else if (/^wh[ps]k_/.test(text))
      publicKeys.push(...[readEd25519(text, facts)].filter((read) => read !== null));
    else secrets.push(readSecret(text, facts));
  }
  if (list.length === 0) facts.push(keyFormMistake("no_key"));
  return { secrets, publicKeys, facts };
}
