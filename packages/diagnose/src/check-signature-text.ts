import { type Claim, mistakesOf, wholeBytes } from "./claims.ts";
import type { Mistake } from "./mistake.ts";
import type { ReadKeys } from "./read-keys.ts";
import {
  ONLY_V1_SIGNATURE,
  ONLY_V1A_SIGNATURE,
  SIGNATURE_HEADER_TWICE,
  SIGNATURE_MALFORMED,
  TOO_MANY_SIGNATURES,
} from "./signature-mistakes.ts";

const DIGEST_BYTES = { v1: 32, v1a: 64 } as const;
const MAX_SIGNATURES = 16;

const fits = (claim: Claim, version: keyof typeof DIGEST_BYTES): boolean =>
  wholeBytes(claim)?.length === DIGEST_BYTES[version];

/** Checks whether the header contains a well-formed signature of the given version. */
const hasSignature = (claims: readonly Claim[], version: keyof typeof DIGEST_BYTES): boolean =>
  claims.some((claim) => claim.version === version && claim.mistakes.length === 0 && fits(claim, version));

/** Lists what is certainly wrong with the header's text, no matter which message was signed. */
export function checkSignatureText(
  header: string,
  claims: readonly Claim[],
  { secrets, publicKeys }: ReadKeys,
  isExplained: boolean,
): readonly Mistake[] {
  if (header === "") return [];
  const facts: Mistake[] = [];
  if (header.split(" ").length > MAX_SIGNATURES) facts.push(TOO_MANY_SIGNATURES);
  if (isExplained) return header.includes(", ") && facts.length === 0 ? findRepeatedHeader(claims) : facts;

  const [v1, v1a] = [hasSignature(claims, "v1"), hasSignature(claims, "v1a")];
  if ((v1 && secrets.length > 0) || (v1a && publicKeys.length > 0)) return facts;
  if (v1a && secrets.length > 0) return [...facts, ONLY_V1A_SIGNATURE];
  if (v1 && publicKeys.length > 0) return [...facts, ONLY_V1_SIGNATURE];
  // Without a key, a well-formed signature is fine in either version, `v1` or `v1a`.
  if ((v1 || v1a) && secrets.length + publicKeys.length === 0) return facts;
  const version = publicKeys.length > 0 && secrets.length === 0 ? "v1a" : "v1";
  const readable = claims.find((claim) => fits(claim, version));
  const written = readable ? mistakesOf(readable, version) : [];
  return [...facts, ...(written.length > 0 ? written : [SIGNATURE_MALFORMED])];
}

/**
 * Detects a repeated header. Servers join the values of a repeated header with a comma and a space, and
 * verifiers refuse the result.
 */
const findRepeatedHeader = (claims: readonly Claim[]): readonly Mistake[] =>
  claims.some(({ mistakes }) => mistakes.length === 0) ? [SIGNATURE_HEADER_TWICE] : [];
