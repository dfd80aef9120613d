import {
  type ConsumerKey,
  type TokenAlgorithm,
  TokenError,
  verifyConsumerToken,
} from "@convergint/tokens/verify";
import { type Credential, credentialOf, digest, type Tenant } from "./credentials.ts";

/** A consumer that signs its own tokens. Its keys are one credential, so that a key can be replaced. */
export interface TokenConsumer extends Tenant {
  readonly name: string;
  /** The registered keys; two while a key is being replaced. */
  readonly keys: readonly ConsumerKey[];
}

/** What this cloud requires of signed tokens, as its manifest says. */
export interface SignedTokenTerms {
  readonly algorithms: readonly TokenAlgorithm[];
  readonly issuer: string;
  /** Absent: tokens need no `aud`. */
  readonly audience?: string;
  readonly maxLifetimeSeconds: number;
}

/** The terms of the campus. */
export const TOKEN_TERMS: SignedTokenTerms = {
  algorithms: ["RS256", "ES256", "EdDSA"],
  issuer: "convergint",
  audience: "https://api.campus.example",
  maxLifetimeSeconds: 3600,
};

/** Matches the form of a JWT. Other bearer tokens are API keys or access tokens. */
const JWT = /^[\w-]+\.[\w-]+\.[\w-]*$/;

/**
 * Looks up the consumers that sign their tokens, by the key that signed a token.
 *
 * @see spec/1.0/contract.md#signed-tokens
 */
export function tokenHolders(
  consumers: readonly TokenConsumer[],
  terms: SignedTokenTerms,
  now: () => Date,
): (bearer: string) => Promise<Credential | undefined> {
  const keys = consumers.flatMap(({ name, keys: own, ...tenant }) => {
    const credential = credentialOf(digest(JSON.stringify(["consumer", name])), tenant);
    return own.map((key) => ({ ...key, credential }));
  });
  return async (bearer) => {
    if (keys.length === 0 || !JWT.test(bearer)) return undefined;
    try {
      const verified = await verifyConsumerToken(bearer, { ...terms, keys, now: () => now().getTime() });
      return verified.key.credential;
    } catch (error) {
      if (error instanceof TokenError) return undefined;
      throw error;
    }
  };
}
