import {
  type CryptoKey,
  decodeProtectedHeader,
  errors,
  importJWK,
  importSPKI,
  importX509,
  jwtVerify,
} from "jose";
import { isTokenAlgorithm, TOKEN_ALGORITHMS, type TokenAlgorithm } from "./algorithms.ts";
import { TokenError } from "./errors.ts";
import { readPemBlocks } from "./pem.ts";

export { TOKEN_ALGORITHMS, type TokenAlgorithm } from "./algorithms.ts";
export { TokenError, type TokenErrorCode } from "./errors.ts";

/** Clocks may differ by this much. @see spec/1.0/contract.md#signed-tokens */
const TOLERANCE_SECONDS = 60;
/** A token with all the claims of the contract has about 700 characters. */
const MAX_TOKEN_LENGTH = 8192;

/** A consumer's public key. Keep the object: the parsed key is remembered for as long as the object exists. */
export interface ConsumerKey {
  /** PEM (SPKI or a certificate), or a JWK. */
  readonly publicKey: string | Readonly<Record<string, unknown>>;
  /** The id that vendor and consumer agreed on, if there is one: the `kid` of the key's tokens. */
  readonly keyId?: string | undefined;
}

/** Options of {@link verifyConsumerToken}. */
export interface VerifyOptions<Key extends ConsumerKey = ConsumerKey> {
  /** The keys that are registered now; two of one consumer while a key is being replaced. */
  readonly keys: readonly Key[];
  /** The `issuer` of your manifest. */
  readonly issuer: string;
  /** The `audience` of your manifest. Default: none, and `aud` is ignored. */
  readonly audience?: string | undefined;
  /** The `max_lifetime_seconds` of your manifest. Default: 3600. */
  readonly maxLifetimeSeconds?: number | undefined;
  /** The `algorithms` of your manifest. Default: RS256. */
  readonly algorithms?: readonly TokenAlgorithm[] | undefined;
  /** Milliseconds since 1970. Default: the system clock. */
  readonly now?: () => number;
}

/** A valid token. */
export interface VerifiedToken<Key extends ConsumerKey = ConsumerKey> {
  /** The key that signed the token. Use it to find the credential and the credential's orgs. */
  readonly key: Key;
  readonly claims: Readonly<Record<string, unknown>>;
}

interface ParsedKey {
  readonly algorithm: TokenAlgorithm;
  readonly key: CryptoKey;
}

const parsed = new WeakMap<ConsumerKey, Promise<ParsedKey>>();

const PRIVATE = new TokenError(
  "key_private",
  "This is a private key. Register only the public key: openssl pkey -in private.pem -pubout",
);

/** Returns a function that imports a public key for an algorithm; the import fails if the key does not fit. */
function importerOf(publicKey: ConsumerKey["publicKey"]): (algorithm: TokenAlgorithm) => Promise<unknown> {
  if (typeof publicKey !== "string") {
    if ("d" in publicKey) throw PRIVATE;
    return (algorithm) => importJWK({ ...publicKey, kty: String(publicKey["kty"]) }, algorithm);
  }
  const blocks = readPemBlocks(publicKey);
  if (blocks.some(({ label }) => label.endsWith("PRIVATE KEY"))) throw PRIVATE;
  for (const { label, text } of blocks) {
    if (label === "PUBLIC KEY") return (algorithm) => importSPKI(text.trim(), algorithm);
    if (label === "CERTIFICATE") return (algorithm) => importX509(text.trim(), algorithm);
  }
  throw new TokenError(
    "key_unreadable",
    "This is not a public key. Pass PEM that begins with -----BEGIN PUBLIC KEY-----, or a JWK.",
  );
}

async function parseKey({ publicKey }: ConsumerKey): Promise<ParsedKey> {
  const importKey = importerOf(publicKey);
  for (const algorithm of TOKEN_ALGORITHMS) {
    const key = (await importKey(algorithm).catch(() => null)) as CryptoKey | Uint8Array | null;
    // A shared secret is imported as bytes. It must never verify a signature.
    if (key === null || key instanceof Uint8Array) continue;
    const { modulusLength = 2048 } = key.algorithm as { modulusLength?: number };
    if (modulusLength >= 2048) return { algorithm, key };
    throw new TokenError("key_too_short", "This RSA key is too short. Use one of at least 2048 bits.");
  }
  throw new TokenError(
    "key_unsupported",
    "This public key is damaged or of another kind. Use RSA, P-256 (prime256v1) or Ed25519.",
  );
}

function parseOnce(key: ConsumerKey): Promise<ParsedKey> {
  const known = parsed.get(key) ?? parseKey(key);
  parsed.set(key, known);
  return known;
}

const CLAIM_CODES = {
  iss: "wrong_issuer",
  aud: "wrong_audience",
  iat: "not_yet_valid",
  nbf: "not_yet_valid",
} as const;

/** Converts an error of `jose`. Other errors are mistakes in this package and remain. */
function toTokenError(error: unknown): unknown {
  if (error instanceof errors.JWSSignatureVerificationFailed)
    return new TokenError(
      "wrong_signature",
      "The signature does not match the token's content and a registered key.",
    );
  if (error instanceof errors.JWTExpired) return new TokenError("expired", "The token has expired.");
  if (error instanceof errors.JWTClaimValidationFailed) {
    const { claim, reason } = error;
    if (reason === "missing") return new TokenError("missing_claim", `The token has no ${claim}.`);
    const code = reason === "check_failed" ? CLAIM_CODES[claim as keyof typeof CLAIM_CODES] : "malformed";
    return new TokenError(code, `The token has an invalid ${claim}.`);
  }
  if (error instanceof errors.JOSEError) return malformed();
  return error;
}

const malformed = () => new TokenError("malformed", "The token is not a signed JWT in the compact form.");

/** Reads the `alg` and `kid` of a token that is not verified yet. */
function readHeader(token: string): { readonly alg: unknown; readonly kid: unknown } {
  if (typeof token !== "string" || token.length > MAX_TOKEN_LENGTH) throw malformed();
  try {
    const { alg, kid } = decodeProtectedHeader(token);
    return { alg, kid };
  } catch {
    throw malformed();
  }
}

/** A key without an id may have signed a token with any `kid`; a token without a `kid` may be of any key. */
const mayBeOf = (kid: unknown, { keyId }: ConsumerKey): boolean =>
  kid === undefined || keyId === undefined || kid === keyId;

/**
 * Verifies a token that a consumer signed (`signed_jwt`): algorithm, key, signature, issuer, audience, times and
 * lifetime. On any error, answer 401 without its message; log its `code`.
 *
 * @param token the value after `Authorization: Bearer`
 * @throws {TokenError} `malformed`, `wrong_algorithm`, `unknown_key`, `wrong_signature`, `expired`, `not_yet_valid`,
 *   `wrong_issuer`, `wrong_audience`, `wrong_lifetime` or `missing_claim`. A code that begins with `key_`, and
 *   `invalid_option`, are mistakes of yours: a registered key or an option is invalid
 * @see spec/1.0/contract.md#signed-tokens
 */
export async function verifyConsumerToken<Key extends ConsumerKey>(
  token: string,
  {
    keys,
    issuer,
    audience,
    maxLifetimeSeconds = 3600,
    algorithms = ["RS256"],
    now = Date.now,
  }: VerifyOptions<Key>,
): Promise<VerifiedToken<Key>> {
  if (!algorithms.every(isTokenAlgorithm))
    throw new TokenError(
      "invalid_option",
      `Invalid algorithms: pass some of ${TOKEN_ALGORITHMS.join(", ")}.`,
    );
  if (typeof issuer !== "string" || issuer === "")
    throw new TokenError("invalid_option", "Invalid issuer: pass the issuer of your manifest.");
  const { alg, kid } = readHeader(token);
  if (!algorithms.some((each) => each === alg))
    throw new TokenError("wrong_algorithm", `The token's algorithm is not one of ${algorithms.join(", ")}.`);
  const candidates: { readonly of: Key; readonly key: CryptoKey }[] = [];
  for (const of of keys.filter((each) => mayBeOf(kid, each))) {
    const { algorithm, key } = await parseOnce(of);
    if (algorithm === alg) candidates.push({ of, key });
  }
  let failure: unknown = new TokenError(
    "unknown_key",
    "No registered key has the token's kid and fits its algorithm.",
  );
  for (const { of, key } of candidates) {
    try {
      const { payload } = await jwtVerify(token, key, {
        algorithms: [...algorithms],
        issuer,
        ...(audience === undefined ? {} : { audience }),
        clockTolerance: TOLERANCE_SECONDS,
        currentDate: new Date(now()),
        requiredClaims: ["iat", "exp"],
        // Refuses an `iat` in the future: `exp` could otherwise be years ahead.
        maxTokenAge: maxLifetimeSeconds,
      });
      requireLifetime(payload, maxLifetimeSeconds);
      return { key: of, claims: payload };
    } catch (error) {
      failure = toTokenError(error);
      const other = failure instanceof TokenError && failure.code === "wrong_signature";
      if (!other) throw failure;
    }
  }
  throw failure;
}

function requireLifetime(
  { iat = 0, exp = 0 }: { iat?: number; exp?: number },
  maxLifetimeSeconds: number,
): void {
  const seconds = exp - iat;
  if (seconds > 0 && seconds <= maxLifetimeSeconds) return;
  throw new TokenError(
    "wrong_lifetime",
    `The token's exp is not 1 to ${maxLifetimeSeconds} s after its iat.`,
  );
}
