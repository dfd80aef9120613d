import { createHmac, createPublicKey, generateKeyPairSync, type KeyObject } from "node:crypto";
import type { Evidence, RefusedToken } from "../evidence/evidence.ts";
import type { Exchange } from "../evidence/exchange.ts";
import type { Recorder } from "../harness/recorder.ts";
import {
  encodePart,
  type KeyClient,
  type Members,
  type SigningKey,
  signToken,
  type TokenAlgorithm,
  type TokenChange,
  type TokenMint,
} from "../harness/signed-token.ts";
import { assertionLogin, requestToken, type TokenEndpoint } from "./access-tokens.ts";
import { apiUrl } from "./api.ts";
import { CannotDriveError, scenario } from "./scenario.ts";

/** How much clocks may differ. @see spec/1.0/contract.md#signed-tokens */
const TOLERANCE_SECONDS = 60;
/**
 * By how much the times of an invalid token are beyond the limits: more than the tolerance, because the clocks of one
 * vendor's servers differ by some seconds.
 */
const BEYOND_SECONDS = TOLERANCE_SECONDS + 30;
/** By how much the times of a valid token are within the limits, because a call takes some seconds. */
const WITHIN_SECONDS = 30;
/** The lifetime of tokens whose lifetime does not matter; every vendor must allow it. */
const SHORT_SECONDS = 60;

const GENERATE: Readonly<Record<TokenAlgorithm, () => { readonly privateKey: KeyObject }>> = {
  RS256: () => generateKeyPairSync("rsa", { modulusLength: 2048 }),
  ES256: () => generateKeyPairSync("ec", { namedCurve: "P-256" }),
  EdDSA: () => generateKeyPairSync("ed25519"),
};

/** A key that no vendor knows, for each algorithm. Generating an RSA key takes long, so they are kept. */
const strangers = new Map<TokenAlgorithm, KeyObject>();

/** Returns a key that no vendor knows, with the algorithm and the id of a key that the vendor knows. */
function strangersKey(known: SigningKey): SigningKey {
  const key = strangers.get(known.algorithm) ?? GENERATE[known.algorithm]().privateKey;
  strangers.set(known.algorithm, key);
  return { ...known, key };
}

/** Algorithms in which a key can sign although few vendors declare them. */
const OTHER_ALGORITHMS = {
  RS256: ["RS512", "RS384"],
  ES256: ["ES384"],
  EdDSA: ["Ed25519"],
} as const satisfies Record<TokenAlgorithm, readonly string[]>;

/** Returns the forms of a public key that a vendor may take for the secret of HS256. */
function secretsFrom(key: KeyObject): ReadonlyMap<string, string | Buffer> {
  const known = createPublicKey(key);
  const pem = known.export({ format: "pem", type: "spki" }).toString();
  return new Map<string, string | Buffer>([
    ["the PEM of the public key", pem],
    ["the PEM of the public key without its last line end", pem.trimEnd()],
    ["the DER of the public key", known.export({ format: "der", type: "spki" })],
    ...(key.asymmetricKeyType === "rsa"
      ? [["the PKCS#1 PEM of the public key", known.export({ format: "pem", type: "pkcs1" })] as const]
      : []),
  ]);
}

/** A token to send, with what it is. */
interface Specimen {
  readonly what: string;
  readonly token: string;
}

/** Makes the tokens that the vendor must accept, the usual one first. */
function validTokens(key: SigningKey, mint: TokenMint): readonly Specimen[] {
  const { audience, maxLifetimeSeconds } = mint.terms();
  const { earliest, latest } = mint.time();
  const exp = latest + WITHIN_SECONDS;
  const ahead = earliest + TOLERANCE_SECONDS - WITHIN_SECONDS;
  const usual = mint.mint(key);
  const changed = (what: string, change: TokenChange): Specimen => ({ what, token: mint.mint(key, change) });
  return [
    { what: "a signed token", token: usual },
    { what: "the same signed token again", token: usual },
    changed(`a signed token that expires in ${WITHIN_SECONDS} s`, {
      claims: { iat: exp - maxLifetimeSeconds, exp },
    }),
    changed(`a signed token whose iat is ${TOLERANCE_SECONDS - WITHIN_SECONDS} s in the future`, {
      claims: { iat: ahead, exp: ahead + SHORT_SECONDS },
    }),
    changed("a signed token with members that the vendor does not know", {
      header: { x_conformance: 1 },
      claims: { x_conformance: { a: 1 }, ...(audience === null && { aud: "https://another.example" }) },
    }),
  ];
}

/** Makes the tokens that the vendor must refuse, each wrong in one way. */
function hostileTokens(key: SigningKey, mint: TokenMint): readonly (Specimen & Pick<RefusedToken, "kind">)[] {
  const { issuer, audience, algorithms, maxLifetimeSeconds } = mint.terms();
  const { earliest, latest } = mint.time();
  const past = earliest - BEYOND_SECONDS;
  const future = latest + BEYOND_SECONDS;
  const made = (kind: RefusedToken["kind"], what: string, token: string) => ({ kind, what, token });
  const changed = (kind: RefusedToken["kind"], what: string, change: TokenChange) =>
    made(kind, what, mint.mint(key, change));
  const claims = (kind: RefusedToken["kind"], what: string, members: Members) =>
    changed(kind, what, { claims: members });

  const [header = "", content = "", signature = ""] = mint.mint(key).split(".");
  const valid = JSON.parse(Buffer.from(content, "base64url").toString("utf8")) as Members;
  const stranger = strangersKey(key);
  const jwk = createPublicKey(stranger.key).export({ format: "jwk" });
  const raw = (alg: string, sign: (text: string) => string) => {
    const text = `${encodePart({ alg, typ: "JWT", kid: key.keyId })}.${content}`;
    return `${text}.${sign(text)}`;
  };
  const unsigned = (alg: string) => raw(alg, () => "");
  const undeclared = OTHER_ALGORITHMS[key.algorithm].filter((alg) => !algorithms.includes(alg));
  return [
    claims("expired", `a token that expired ${BEYOND_SECONDS} s ago`, {
      iat: past - SHORT_SECONDS,
      exp: past,
    }),
    claims("early", `a token whose iat is ${BEYOND_SECONDS} s in the future`, {
      iat: future,
      exp: future + SHORT_SECONDS,
    }),
    claims("early", `a token whose nbf is ${BEYOND_SECONDS} s in the future`, {
      nbf: future,
      exp: Math.min(future + SHORT_SECONDS, earliest + maxLifetimeSeconds),
    }),
    made(
      "signature",
      "a token whose claims were changed after it was signed",
      `${header}.${encodePart({ ...valid, jti: "changed" })}.${signature}`,
    ),
    made("signature", "a token whose signature was removed", `${header}.${content}.`),
    made("signature", "a token that an unknown key signed", mint.mint(stranger)),
    made(
      "signature",
      "a token that brings the unknown key that signed it",
      mint.mint(stranger, { header: { jwk } }),
    ),
    ...(key.keyId === undefined
      ? []
      : [
          changed("kid", "a token with the kid of no registered key", {
            header: { kid: `${key.keyId}-other` },
          }),
        ]),
    claims("issuer", "a token of another issuer", { iss: `${issuer}-other` }),
    claims("issuer", "a token without an issuer", { iss: undefined }),
    ...(audience === null
      ? []
      : [
          claims("audience", "a token for another audience", { aud: `${audience}-other` }),
          claims("audience", "a token without an audience", { aud: undefined }),
        ]),
    made("none", "a token with alg none", unsigned("none")),
    made("none", "a token with alg NONE", unsigned("NONE")),
    ...[...secretsFrom(key.key)].map(([what, secret]) =>
      made(
        "shared_secret",
        `a token with alg HS256, keyed with ${what}`,
        raw("HS256", (text) => createHmac("sha256", secret).update(text).digest("base64url")),
      ),
    ),
    ...undeclared.map((alg) =>
      made(
        "algorithm",
        `a token with alg ${alg}, which the manifest does not declare`,
        mint.note(signToken(key.key, alg, { alg, typ: "JWT", kid: key.keyId }, valid)),
      ),
    ),
    claims("lifetime", `a token that lives for ${maxLifetimeSeconds + 300} s`, {
      iat: earliest,
      exp: earliest + maxLifetimeSeconds + 300,
    }),
    claims("lifetime", "a token that lives too long and expires soon", {
      iat: earliest - maxLifetimeSeconds - BEYOND_SECONDS,
      exp: latest + WITHIN_SECONDS,
    }),
    claims("endless", "a token without exp", { exp: undefined }),
    claims("endless", "a token without iat", { iat: undefined, exp: earliest + SHORT_SECONDS }),
  ];
}

/** Calls with valid tokens, and with tokens that are wrong in one way each. */
export const signedTokens = scenario(
  "signedTokens",
  "Call with signed tokens, valid and invalid",
  ["discovery"],
  async ({ discovery }, { recorder, mint, credentials: { key, nextKey } }) => {
    if (key === undefined) throw new CannotDriveError("no private key was given");
    const url = apiUrl(discovery, "/v1/devices", { limit: "1" });
    const send = ({ what, token }: Specimen): Promise<Exchange> =>
      recorder.call({ purpose: `/v1/devices with ${what}`, url, credential: token });
    const sendEach = async (specimens: readonly Specimen[]): Promise<Exchange[]> => {
      const sent: Exchange[] = [];
      for (const specimen of specimens) sent.push(await send(specimen));
      return sent;
    };
    const accepted = await sendEach(validTokens(key, mint));
    const isOfAnotherKind = nextKey !== undefined && nextKey.algorithm !== key.algorithm;
    if (isOfAnotherKind)
      accepted.push(
        await send({ what: `a signed token in ${nextKey.algorithm}`, token: mint.mint(nextKey) }),
      );
    const refused: RefusedToken[] = [];
    for (const { kind, ...specimen } of hostileTokens(key, mint))
      refused.push({ kind, exchange: await send(specimen) });
    const ofKey = (what: string, signing: SigningKey) => ({ what, token: mint.mint(signing) });
    const rotation = nextKey && [
      ofKey("a token of the current key", key),
      ofKey("a token of the next key", nextKey),
      ofKey("another token of the current key", key),
    ];
    return {
      accepted,
      refused,
      algorithms: [...new Set([key, ...(nextKey ? [nextKey] : [])].map(({ algorithm }) => algorithm))],
      rotation: rotation ? await sendEach(rotation) : null,
    };
  },
  { changes: "nothing" },
);

/** Requests access tokens with assertions that are wrong in one way each. */
export async function wrongAssertions(
  client: KeyClient,
  endpoint: TokenEndpoint,
  recorder: Recorder,
  mint: TokenMint,
): Promise<NonNullable<Evidence["oauth"]["assertions"]>> {
  const past = mint.time().earliest - BEYOND_SECONDS;
  const stranger = { ...client, key: strangersKey(client.key) };
  const { clientId } = client;
  const specimens: readonly (readonly [string, KeyClient, TokenChange])[] = [
    ["that an unknown key signed", stranger, {}],
    [`that expired ${BEYOND_SECONDS} s ago`, client, { claims: { iat: past - SHORT_SECONDS, exp: past } }],
    ["of another issuer", client, { claims: { iss: `${clientId}-other` } }],
    ["about another client", client, { claims: { sub: `${clientId}-other` } }],
    ["for another audience", client, { claims: { aud: `${endpoint.audience}-other` } }],
  ];
  const answers: Exchange[] = [];
  for (const [what, as, change] of specimens) {
    const login = assertionLogin(clientId, mint.assertion(as, endpoint.audience, change));
    answers.push(
      await requestToken(recorder, `get an access token with an assertion ${what}`, endpoint, login),
    );
  }
  return answers;
}
