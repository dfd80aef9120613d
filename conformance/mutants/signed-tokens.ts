import { createHmac, createPublicKey, type KeyObject, verify } from "node:crypto";
import {
  authenticateAs,
  type Behaviour,
  type SeenRequest,
  type VendorContext,
  type VendorMutants,
} from "./subjects/vendor-mutant.ts";

/** A token in a request. */
interface SeenToken {
  // biome-ignore lint/suspicious/noExplicitAny: a token can contain anything
  readonly header: any;
  // biome-ignore lint/suspicious/noExplicitAny: a token can contain anything
  readonly claims: any;
  readonly content: string;
  readonly signature: Buffer;
}

const decode = (part = ""): unknown => JSON.parse(Buffer.from(part, "base64url").toString("utf8"));

/** Returns the token of a request; `null` if the request has none. */
function tokenIn({ headers }: Pick<SeenRequest, "headers">): SeenToken | null {
  const [, text] = /^Bearer (eyJ[\w-]+\.eyJ[\w-]+\.[\w-]*)$/.exec(String(headers["authorization"])) ?? [];
  const [header, claims, signature = ""] = text?.split(".") ?? [];
  if (text === undefined) return null;
  return {
    header: decode(header),
    claims: decode(claims),
    content: text.slice(0, text.lastIndexOf(".")),
    signature: Buffer.from(signature, "base64url"),
  };
}

const HASHES: Readonly<Record<string, string | null>> = {
  RS256: "sha256",
  RS384: "sha384",
  RS512: "sha512",
  ES256: "sha256",
  EdDSA: null,
};

const isSignedBy = (key: KeyObject, { header, content, signature }: SeenToken): boolean =>
  HASHES[header.alg] !== undefined &&
  verify(HASHES[header.alg] ?? null, Buffer.from(content), { key, dsaEncoding: "ieee-p1363" }, signature);

const TOLERANCE_SECONDS = 60;
const isNumber = (value: unknown): value is number => typeof value === "number";

/** The vendor's steps of verifying a token. Each returns whether the token passes. */
const STEPS = {
  algorithm: ({ header }, { terms }) => terms.algorithms.includes(header.alg),
  kid: ({ header }, { tokenKeys }) => tokenKeys.has(header.kid),
  signature: (token, { tokenKeys }) => [...tokenKeys.values()].some((key) => isSignedBy(key, token)),
  issuer: ({ claims }, { terms }) => claims.iss === terms.issuer,
  audience: ({ claims }, { terms }) => claims.aud === terms.audience,
  numbers: ({ claims }) => isNumber(claims.exp) && isNumber(claims.iat),
  expiry: ({ claims }, { clock }) => !(claims.exp + TOLERANCE_SECONDS < clock.now() / 1000),
  issued: ({ claims }, { clock }) => !(claims.iat > clock.now() / 1000 + TOLERANCE_SECONDS),
  begun: ({ claims }, { clock }) => !(claims.nbf > clock.now() / 1000 + TOLERANCE_SECONDS),
  lifetime: ({ claims }, { terms }) => !(claims.exp - claims.iat > terms.maxLifetimeSeconds),
} as const satisfies Record<string, (token: SeenToken, context: VendorContext) => boolean>;

type Step = keyof typeof STEPS;

/** A step that a mutant takes in place of the vendor's. */
type Replaced = (token: SeenToken, context: VendorContext) => boolean;

/** Accepts tokens that pass every step, some of which are wrong. */
const accepting =
  (wrong: Readonly<Partial<Record<Step, Replaced>>>) =>
  (context: VendorContext): Behaviour => ({
    receive(request) {
      const token = tokenIn(request);
      if (token === null) return;
      const steps = Object.values({ ...STEPS, ...wrong }) as readonly Replaced[];
      if (steps.every((passes) => passes(token, context))) authenticateAs(context.apiKey, request);
    },
  });

/** Refuses valid tokens. */
const refusing =
  (isRefused: (context: VendorContext) => (token: SeenToken) => boolean) =>
  (context: VendorContext): Behaviour => {
    const refuses = isRefused(context);
    return {
      receive(request) {
        const token = tokenIn(request);
        if (token !== null && refuses(token)) authenticateAs("no-token", request);
      },
    };
  };

const anything = () => true;

export const signedTokenMutants: VendorMutants = {
  "auth-009-tokens-work-once": {
    breaks: "AUTH-009",
    operator: "persistence",
    defect: "a signed token works for one call only",
    behaviour: refusing(() => {
      const seen = new Set<string>();
      return ({ claims: { jti } }) => seen.size === seen.add(jti).size;
    }),
  },

  "auth-009-no-tolerance": {
    breaks: "AUTH-009",
    operator: "boundary",
    defect: "a signed token whose iat is half a minute in the future is refused",
    behaviour: refusing(
      ({ clock }) =>
        ({ claims }) =>
          claims.iat > clock.now() / 1000 + 5,
    ),
  },

  "auth-009-a-minute-early": {
    breaks: "AUTH-009",
    operator: "boundary",
    defect: "a signed token is refused in the last minute before its exp",
    behaviour: refusing(
      ({ clock }) =>
        ({ claims }) =>
          claims.exp - 60 < clock.now() / 1000,
    ),
  },

  "auth-009-unknown-claims": {
    breaks: "AUTH-009",
    operator: "plain",
    defect: "a signed token with an unknown claim is refused",
    behaviour: refusing(
      () =>
        ({ claims }) =>
          Object.keys(claims).some((name) => !["iss", "aud", "iat", "nbf", "exp", "jti"].includes(name)),
    ),
  },

  "auth-010-exp-is-not-compared": {
    breaks: "AUTH-010",
    operator: "plain",
    defect: "an expired signed token is accepted",
    behaviour: accepting({ expiry: anything }),
  },

  "auth-010-five-minutes-of-tolerance": {
    breaks: "AUTH-010",
    operator: "boundary",
    defect: "a signed token still works for five minutes after its exp",
    behaviour: accepting({ expiry: ({ claims }, { clock }) => claims.exp + 300 > clock.now() / 1000 }),
  },

  "auth-011-iat-is-not-compared": {
    breaks: "AUTH-011",
    operator: "plain",
    defect: "a signed token whose iat is in the future is accepted",
    behaviour: accepting({ issued: anything }),
  },

  "auth-011-nbf-is-not-compared": {
    breaks: "AUTH-011",
    operator: "scope",
    defect: "a signed token whose nbf is in the future is accepted",
    behaviour: accepting({ begun: anything }),
  },

  "auth-012-decodes-without-verifying": {
    breaks: "AUTH-012",
    operator: "plain",
    defect: "signed tokens are decoded, but their signature is not verified",
    behaviour: accepting({ signature: anything }),
  },

  "auth-012-key-in-the-token": {
    breaks: "AUTH-012",
    operator: "scope",
    defect: "a signed token may bring its own public key as jwk",
    behaviour: accepting({
      signature: (token, context) =>
        STEPS.signature(token, context) ||
        (token.header.jwk !== undefined &&
          isSignedBy(createPublicKey({ key: token.header.jwk, format: "jwk" }), token)),
    }),
  },

  "auth-012-signature-may-be-absent": {
    breaks: "AUTH-012",
    operator: "scope",
    defect: "a token with an empty signature is accepted, whatever its alg is",
    behaviour: accepting({
      signature: (token, context) => token.signature.length === 0 || STEPS.signature(token, context),
    }),
  },

  "auth-013-any-kid-will-do": {
    breaks: "AUTH-013",
    operator: "plain",
    defect: "a signed token with an unknown kid is verified with every registered key",
    behaviour: accepting({ kid: anything }),
  },

  "auth-014-any-issuer-will-do": {
    breaks: "AUTH-014",
    operator: "plain",
    defect: "the iss of signed tokens is not compared",
    behaviour: accepting({ issuer: anything }),
  },

  "auth-014-issuer-may-be-absent": {
    breaks: "AUTH-014",
    operator: "scope",
    defect: "a signed token without iss is accepted",
    behaviour: accepting({
      issuer: (token, context) => token.claims.iss === undefined || STEPS.issuer(token, context),
    }),
  },

  "auth-014-issuer-begins-alike": {
    breaks: "AUTH-014",
    operator: "boundary",
    defect: "a signed token is accepted if its iss begins with the issuer",
    behaviour: accepting({
      issuer: ({ claims }, { terms }) => String(claims.iss).startsWith(terms.issuer),
    }),
  },

  "auth-015-any-audience-will-do": {
    breaks: "AUTH-015",
    operator: "plain",
    defect: "the aud of signed tokens is not compared",
    behaviour: accepting({ audience: anything }),
  },

  "auth-015-audience-may-be-absent": {
    breaks: "AUTH-015",
    operator: "scope",
    defect: "a signed token without aud is accepted although the manifest names an audience",
    behaviour: accepting({
      audience: (token, context) => token.claims.aud === undefined || STEPS.audience(token, context),
    }),
  },

  "auth-016-unsigned-tokens": {
    breaks: "AUTH-016",
    operator: "plain",
    defect: "a token with alg none is accepted",
    behaviour: accepting({
      algorithm: (token, context) => token.header.alg === "none" || STEPS.algorithm(token, context),
      signature: (token, context) => token.header.alg === "none" || STEPS.signature(token, context),
    }),
  },

  "auth-016-unsigned-tokens-in-capitals": {
    breaks: "AUTH-016",
    operator: "scope",
    defect: "alg none is refused, but alg NONE is accepted as none",
    behaviour: accepting({
      algorithm: (token, context) => token.header.alg === "NONE" || STEPS.algorithm(token, context),
      signature: (token, context) => token.header.alg === "NONE" || STEPS.signature(token, context),
    }),
  },

  "auth-017-public-key-as-the-secret": {
    breaks: "AUTH-017",
    operator: "plain",
    defect: "a token with alg HS256 is verified with the PEM of the public key as the secret",
    behaviour: accepting({
      algorithm: (token, context) => token.header.alg === "HS256" || STEPS.algorithm(token, context),
      signature: (token, context) =>
        token.header.alg === "HS256"
          ? [...context.tokenKeys.values()].some((key) =>
              createHmac("sha256", key.export({ format: "pem", type: "spki" }))
                .update(token.content)
                .digest()
                .equals(token.signature),
            )
          : STEPS.signature(token, context),
    }),
  },

  "auth-018-token-chooses-the-hash": {
    breaks: "AUTH-018",
    operator: "plain",
    defect: "a token in RS512 is accepted, although the manifest declares only RS256",
    behaviour: accepting({ algorithm: ({ header }) => String(header.alg).startsWith("RS") }),
  },

  "auth-019-any-lifetime": {
    breaks: "AUTH-019",
    operator: "plain",
    defect: "a signed token may live for longer than max_lifetime_seconds",
    behaviour: accepting({ lifetime: anything }),
  },

  "auth-019-counts-from-now": {
    breaks: "AUTH-019",
    operator: "boundary",
    defect: "the lifetime of a signed token is counted from now, not from its iat",
    behaviour: accepting({
      lifetime: ({ claims }, { clock, terms }) => claims.exp - clock.now() / 1000 <= terms.maxLifetimeSeconds,
    }),
  },

  "auth-020-tokens-without-exp": {
    breaks: "AUTH-020",
    operator: "plain",
    defect: "a signed token without exp is accepted",
    behaviour: accepting({ numbers: ({ claims }) => isNumber(claims.iat) }),
  },

  "auth-020-tokens-without-iat": {
    breaks: "AUTH-020",
    operator: "scope",
    defect: "a signed token without iat is accepted",
    behaviour: accepting({ numbers: ({ claims }) => isNumber(claims.exp) }),
  },

  "auth-021-only-the-newest-key": {
    breaks: "AUTH-021",
    operator: "persistence",
    defect: "the first token of the next key ends the current key",
    behaviour: refusing(() => {
      let newest: string | null = null;
      return ({ header: { kid } }) => {
        // The order of the ids is that in which the keys were registered.
        if (newest === null || String(kid) > newest) newest = String(kid);
        return String(kid) < newest;
      };
    }),
  },

  "auth-021-only-the-first-key": {
    breaks: "AUTH-021",
    operator: "scope",
    defect: "tokens of a second registered key are refused",
    behaviour: refusing(
      ({ tokenKeys }) =>
        ({ header: { kid } }) =>
          kid !== [...tokenKeys.keys()][0],
    ),
  },
};
