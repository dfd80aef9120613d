import { type Bytes, sameBytes, toBase64 } from "./bytes.ts";
import { ENCODINGS, SIGNATURE_CASE_CHANGED, SIGNATURE_TRUNCATED } from "./encoding-mistakes.ts";
import { FORMS, REPAIRS } from "./header-form-mistakes.ts";
import type { Mistake } from "./mistake.ts";
import { SIGNATURE_VERSION } from "./signature-mistakes.ts";

/** A digest that the header claims to hold, in one reading of its text. */
export interface Claim {
  /** What stands before it; `null` where no version does. */
  readonly version: string | null;
  /** What is wrong with its writing, if this is the right reading. */
  readonly mistakes: readonly Mistake[];
  /** Its bytes, or for a text that lost some of them, what is left. */
  readonly digest: Bytes | { readonly folded: string } | { readonly beginning: string };
}

/** How many bytes SHA-1, SHA-256, SHA-384, SHA-512 and Ed25519 make. */
const LENGTHS: readonly number[] = [20, 32, 48, 64];

/** How long a signature is in base64 without its padding, and how little of it nobody hits upon by chance. */
const BASE64_CHARACTERS = 43;
const FEWEST_CHARACTERS = 20;

const isBytes = (digest: Claim["digest"]): digest is Bytes => digest instanceof Uint8Array;

/** Readings of a text that is not whole: compared as text. */
function damaged(text: string): readonly Pick<Claim, "digest" | "mistakes">[] {
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(text)) return [];
  const lower = text.toLowerCase();
  if (text.length > BASE64_CHARACTERS) {
    const folds = text === lower || text === text.toUpperCase();
    return folds ? [{ digest: { folded: lower }, mistakes: [SIGNATURE_CASE_CHANGED] }] : [];
  }
  if (text.length < FEWEST_CHARACTERS || text.length === BASE64_CHARACTERS) return [];
  return [{ digest: { beginning: text }, mistakes: [SIGNATURE_TRUNCATED] }];
}

function readingsOf(text: string): readonly Pick<Claim, "digest" | "mistakes">[] {
  const whole = ENCODINGS.flatMap(({ mistake, decode }) => {
    const digest = decode(text);
    return digest && LENGTHS.includes(digest.length) ? [{ digest, mistakes: mistake ? [mistake] : [] }] : [];
  });
  return [...whole, ...damaged(text)];
}

const sameDigest = (a: Claim["digest"], b: Claim["digest"]): boolean =>
  isBytes(a) && isBytes(b) ? sameBytes(a, b) : JSON.stringify(a) === JSON.stringify(b);

/** Every reading of the header's text, those with the fewest mistakes first. */
export function readClaims(header: string): readonly Claim[] {
  const claims: Claim[] = [];
  for (const { mistake: damage, repair } of REPAIRS) {
    const repaired = repair(header);
    if (damage && repaired === header) continue;
    for (const { mistake: form, read } of FORMS) {
      for (const { version, text } of read(repaired)) {
        for (const { digest, mistakes } of readingsOf(text)) {
          const made = [damage, form].filter((mistake) => mistake !== null);
          claims.push({ version, digest, mistakes: [...made, ...mistakes] });
        }
      }
    }
  }
  const sorted = claims.toSorted((a, b) => a.mistakes.length - b.mistakes.length);
  return sorted.filter(
    (claim, index) =>
      sorted.findIndex(
        (other) => other.version === claim.version && sameDigest(other.digest, claim.digest),
      ) === index,
  );
}

/** What is wrong with a claim's writing when it is this version's signature. */
export const mistakesOf = ({ version, mistakes }: Claim, right: "v1" | "v1a"): readonly Mistake[] =>
  version === null || version === right ? mistakes : [...mistakes, SIGNATURE_VERSION];

/** The claims that a digest of this length could be. */
export const claimsOfLength = (claims: readonly Claim[], digestBytes: number): readonly Claim[] =>
  claims.filter(({ digest }) => (isBytes(digest) ? digest.length === digestBytes : digestBytes === 32));

/** The bytes of every claim that is whole. */
export const wholeBytes = ({ digest }: Claim): Bytes | null => (isBytes(digest) ? digest : null);

/** Tells whether this is the digest that is claimed. */
export function claims(claim: Claim, digest: Bytes): boolean {
  if (isBytes(claim.digest)) return sameBytes(claim.digest, digest);
  const text = toBase64(digest);
  return "folded" in claim.digest
    ? text.toLowerCase() === claim.digest.folded
    : text.startsWith(claim.digest.beginning);
}
