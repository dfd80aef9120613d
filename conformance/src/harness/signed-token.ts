import { type KeyObject, sign } from "node:crypto";
import type { TokenTerms } from "../evidence/manifest.ts";

/** The algorithms with which a consumer signs tokens. @see spec/1.0/contract.md#signed-tokens */
export type TokenAlgorithm = "RS256" | "ES256" | "EdDSA";

/** A private key with which the suite signs tokens, as a consumer does. */
export interface SigningKey {
  readonly key: KeyObject;
  readonly algorithm: TokenAlgorithm;
  /** The `kid` of the key at the vendor; absent if the vendor gave none. */
  readonly keyId?: string;
}

/** An OAuth 2 client that logs in with a signed assertion (`private_key_jwt`, RFC 7523). */
export interface KeyClient {
  readonly clientId: string;
  readonly key: SigningKey;
}

/** Members of a token's header or of its claims, by name. A member that is `undefined` is left out. */
export type Members = Readonly<Record<string, unknown>>;

/** Encodes the header or the claims of a token. */
export const encodePart = (part: Members): string => Buffer.from(JSON.stringify(part)).toString("base64url");

/** The hash that each algorithm signs; `null` if the algorithm has its own. */
const DIGESTS = {
  RS256: "sha256",
  RS384: "sha384",
  RS512: "sha512",
  ES256: "sha256",
  ES384: "sha384",
  EdDSA: null,
  Ed25519: null,
} as const;

/**
 * Signs any header and claims, since a vendor must also refuse tokens that no correct library makes.
 *
 * @param algorithm how to sign, whatever the header says
 */
export function signToken(
  key: KeyObject,
  algorithm: keyof typeof DIGESTS,
  header: Members,
  claims: Members,
): string {
  const content = `${encodePart(header)}.${encodePart(claims)}`;
  const signature = sign(DIGESTS[algorithm], Buffer.from(content), { key, dsaEncoding: "ieee-p1363" });
  return `${content}.${signature.toString("base64url")}`;
}

/** How a token differs from a valid one. */
export interface TokenChange {
  readonly header?: Members;
  readonly claims?: Members;
}

/** The limits of the time on the vendor's clock, in Unix seconds. */
export interface VendorTime {
  readonly earliest: number;
  readonly latest: number;
}

/** Signs the tokens of a run. */
export interface TokenMint {
  /** @throws {CannotDriveError} if the manifest does not declare signed tokens */
  terms(): TokenTerms & { readonly issuer: string };
  time(): VendorTime;
  /** Signs a new token, valid unless it is changed. @throws {CannotDriveError} */
  mint(key: SigningKey, change?: TokenChange): string;
  /** Returns the token of a key that calls share. Renews it in time. @throws {CannotDriveError} */
  current(key: SigningKey): string;
  /** Signs the assertion with which a client logs in at the token endpoint (RFC 7523, section 3). */
  assertion(client: KeyClient, audience: string, change?: TokenChange): string;
  /** Whether this token was signed with a private key of the user. */
  hasSigned(token: string): boolean;
  /** Adds a token that was signed in another way, and returns it. */
  note(token: string): string;
  /** A part of the signature of each token so far. Without it, a token is not secret. No evidence may contain such a part. */
  readonly signatures: readonly string[];
}
