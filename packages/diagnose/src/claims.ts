import { type Bytes, sameBytes, toBase64 } from "./bytes.ts";
import { ENCODINGS, SIGNATURE_CASE_CHANGED, SIGNATURE_TRUNCATED } from "./encoding-mistakes.ts";
import { FORMS, REPAIRS } from "./header-form-mistakes.ts";
import type { Mistake } from "./mistake.ts";
import { SIGNATURE_VERSION } from "./signature-mistakes.ts";

/** A digest, as found in one way of reading the header's text. */
export interface Claim {
  /** The version in front of the digest; `null` if there is none. */
  readonly version: string | null;
  /** What is wrong with the header's text if this way of reading it is right. */
  readonly mistakes: readonly Mistake[];
  /** The digest's bytes, or the part of its text that survived damage. */
  readonly digest: Bytes | { readonly folded: string } | { readonly beginning: string };
}

/** Digest lengths in bytes of SHA-1, SHA-256, SHA-384, SHA-512 and Ed25519. */
const LENGTHS: readonly number[] = [20, 32, 48, 64];

/** The length of a signature in base64 without padding. */
const BASE64_CHARACTERS = 43;
/** A truncated signature with fewer characters than this could match by chance. */
const MIN_CHARACTERS = 20;

const isBytes = (digest: Claim["digest"]): digest is Bytes => digest instanceof Uint8Array;

/** Reads damaged base64. Such base64 cannot be decoded, so it is later compared as text. */
function readDamaged(text: string): readonly Pick<Claim, "digest" | "mistakes">[] {
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(text)) return [];
  const lower = text.toLowerCase();
  if (text.length > BASE64_CHARACTERS) {
    const folds = text === lower || text === text.toUpperCase();
    return folds ? [{ digest: { folded: lower }, mistakes: [SIGNATURE_CASE_CHANGED] }] : [];
  }
  if (text.length < MIN_CHARACTERS || text.length === BASE64_CHARACTERS) return [];
  return [{ digest: { beginning: text }, mistakes: [SIGNATURE_TRUNCATED] }];
}

function readDigests(text: string): readonly Pick<Claim, "digest" | "mistakes">[] {
  const whole = ENCODINGS.flatMap(({ mistake, decode }) => {
    const digest = decode(text);
    return digest && LENGTHS.includes(digest.length) ? [{ digest, mistakes: mistake ? [mistake] : [] }] : [];
  });
  return [...whole, ...readDamaged(text)];
}

/**
 * Reads the header's text in every way and lists the digests found. The digests with the fewest mistakes come
 * first.
 */
export function readClaims(header: string): readonly Claim[] {
  const claims: Claim[] = [];
  for (const { mistake: damage, repair } of REPAIRS) {
    const repaired = repair(header);
    if (damage && repaired === header) continue;
    for (const { mistake: form, read } of FORMS) {
      for (const { version, text } of read(repaired)) {
        for (const { digest, mistakes } of readDigests(text)) {
          const made = [damage, form].filter((mistake) => mistake !== null);
          claims.push({ version, digest, mistakes: [...made, ...mistakes] });
        }
      }
    }
  }
  const sorted = claims.toSorted((a, b) => a.mistakes.length - b.mistakes.length);
  const taken = new Set<string>();
  return sorted.filter(({ version, digest }) => {
    const key = JSON.stringify([version, digest]);
    return !taken.has(key) && taken.add(key);
  });
}

/** Lists what is wrong with a claim's text if the claim is a signature of version `right`. */
export const mistakesOf = ({ version, mistakes }: Claim, right: "v1" | "v1a"): readonly Mistake[] =>
  version === null || version === right ? mistakes : [...mistakes, SIGNATURE_VERSION];

/** Lists the claims that may be digests of `digestBytes` bytes. */
export const claimsOfLength = (claims: readonly Claim[], digestBytes: number): readonly Claim[] =>
  claims.filter(({ digest }) => (isBytes(digest) ? digest.length === digestBytes : digestBytes === 32));

/** Returns the digest of an undamaged claim; `null` for a damaged one. */
export const wholeBytes = ({ digest }: Claim): Bytes | null => (isBytes(digest) ? digest : null);

/** Checks whether a claim matches a digest. */
export function matchesClaim(claim: Claim, digest: Bytes): boolean {
  if (isBytes(claim.digest)) return sameBytes(claim.digest, digest);
  const text = toBase64(digest);
  return "folded" in claim.digest
    ? text.toLowerCase() === claim.digest.folded
    : text.startsWith(claim.digest.beginning);
}
