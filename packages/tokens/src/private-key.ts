import type * as NodeCrypto from "node:crypto";
import { SignJWT } from "jose";
import { isTokenAlgorithm, TOKEN_ALGORITHMS, type TokenAlgorithm } from "./algorithms.ts";
import { TokenError } from "./errors.ts";
import { readPemBlocks } from "./pem.ts";

/** Returns `node:crypto` without importing it, so that a program for a browser, which signs nothing, can contain this file. */
function nodeCrypto(): typeof NodeCrypto {
  const crypto = globalThis.process?.getBuiltinModule?.("node:crypto");
  if (crypto) return crypto;
  throw new TokenError(
    "key_unsupported",
    "This runtime cannot read private keys. Use Node 20.16 or later, Deno or Bun.",
  );
}

const MIN_RSA_BITS = 2048;
const HOW_TO_CREATE =
  "Create one with: openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:3072 -out private.pem";

/** The claims of a token to sign. Times are seconds since 1970. */
export interface Claims {
  readonly iss: string;
  readonly sub?: string;
  readonly aud?: string;
  readonly iat: number;
  readonly exp: number;
  readonly jti: string;
}

/**
 * A private key that signs tokens. Neither `JSON.stringify` nor `util.inspect` shows the key itself, because its member is
 * private.
 */
export class PrivateKey {
  readonly algorithm: TokenAlgorithm;
  /** The id that the key has at the vendor, if there is one: the `kid` of its tokens. */
  readonly keyId: string | undefined;
  readonly #key: NodeCrypto.KeyObject;

  constructor(key: NodeCrypto.KeyObject, algorithm: TokenAlgorithm, keyId: string | undefined) {
    this.#key = key;
    this.algorithm = algorithm;
    this.keyId = keyId;
  }

  /** Returns the public key as PEM (SPKI), for the vendor to register. */
  publicKey(): string {
    return nodeCrypto().createPublicKey(this.#key).export({ format: "pem", type: "spki" }).toString();
  }

  /**
   * Returns the key itself, for signatures that this class does not make. Neither `JSON.stringify` nor `util.inspect`
   * shows it.
   */
  toKeyObject(): NodeCrypto.KeyObject {
    return this.#key;
  }

  /** Signs a token. */
  async sign(claims: Claims): Promise<string> {
    const { algorithm: alg, keyId: kid } = this;
    return new SignJWT({ ...claims })
      .setProtectedHeader({ alg, typ: "JWT", ...(kid === undefined ? {} : { kid }) })
      .sign(this.#key);
  }
}

/** Options of {@link readPrivateKey}. */
export interface PrivateKeyOptions {
  /** Default: the algorithm that fits the key. */
  readonly algorithm?: TokenAlgorithm | undefined;
  /** The id that the vendor knows the key by. Default: the `kid` of a JWK, otherwise none. */
  readonly keyId?: string | undefined;
}

/** What to do about each kind of PEM block that is not a private key. */
const NOT_PRIVATE: readonly (readonly [
  label: RegExp,
  code: "key_public" | "key_certificate" | "key_unsupported",
  advice: string,
])[] = [
  [
    /PUBLIC KEY$/,
    "key_public",
    "This is a public key. Pass the private key that belongs to it; its PEM begins with -----BEGIN PRIVATE KEY-----.",
  ],
  [
    /^(?:X509 |TRUSTED )?CERTIFICATE$/,
    "key_certificate",
    "This is a certificate. Pass the private key that belongs to it; its PEM begins with -----BEGIN PRIVATE KEY-----.",
  ],
  [
    /^(?:NEW )?CERTIFICATE REQUEST$/,
    "key_certificate",
    "This is a certificate request. Pass the private key that it was made with.",
  ],
  [
    /^OPENSSH PRIVATE KEY$/,
    "key_unsupported",
    "This key has the format of OpenSSH. Convert a copy of it: ssh-keygen -p -N '' -m PKCS8 -f COPY",
  ],
  [/^PGP /, "key_unsupported", `This is a key of PGP, which signs no tokens. ${HOW_TO_CREATE}`],
];

const PRIVATE_LABEL = /^(?:RSA |EC |ENCRYPTED )?PRIVATE KEY$/;

const unreadable = (advice: string) => new TokenError("key_unreadable", advice);

/** Calls a parser without passing on its error, which may quote the key. */
function parse<Value>(read: () => Value, advice: string): Value {
  try {
    return read();
  } catch {
    throw unreadable(advice);
  }
}

function readPem(text: string): NodeCrypto.KeyObject {
  const { createPrivateKey } = nodeCrypto();
  const blocks = readPemBlocks(text);
  const keys = blocks.filter(({ label }) => PRIVATE_LABEL.test(label));
  const [key, another] = keys;
  if (another) throw unreadable("There are several private keys in this text. Pass one.");
  if (key?.encrypted) {
    throw new TokenError(
      "key_encrypted",
      "This private key is encrypted. Decrypt it, and store the result like a password: openssl pkey -in encrypted.pem -out private.pem",
    );
  }
  if (key) {
    return parse(
      () => createPrivateKey(key.text),
      `This ${key.label} is damaged: its content is not a key. Pass all of the file, from its BEGIN to its END line.`,
    );
  }
  for (const [label, code, advice] of NOT_PRIVATE) {
    if (blocks.some((block) => label.test(block.label))) throw new TokenError(code, advice);
  }
  throw unreadable(
    text.includes("-----BEGIN ")
      ? "This PEM is incomplete. Pass all of the file, from its BEGIN to its END line."
      : "This is neither PEM nor a JWK. Pass the text of a file that begins with -----BEGIN PRIVATE KEY-----; convert a binary file with: openssl pkey -inform DER -in key.der -out private.pem",
  );
}

/** A JSON Web Key (RFC 7517). */
export type Jwk = Readonly<Record<string, unknown>>;

function readJwk(jwk: Jwk): NodeCrypto.KeyObject {
  const { createPrivateKey } = nodeCrypto();
  if ("keys" in jwk) throw unreadable("This is a set of keys. Pass one JWK of its `keys`.");
  if (jwk["kty"] === "oct") {
    throw new TokenError(
      "key_unsupported",
      `This JWK is a shared secret (kty oct). Tokens are signed with a private key. ${HOW_TO_CREATE}`,
    );
  }
  if (typeof jwk["d"] !== "string") {
    throw new TokenError(
      "key_public",
      "This JWK is a public key. Pass the private key, which has a member d.",
    );
  }
  return parse(
    () => createPrivateKey({ key: jwk, format: "jwk" }),
    "This JWK is damaged or has an unknown kty or crv. Pass all of its members as they were issued.",
  );
}

/** Returns the algorithm that fits a key. */
function algorithmOf({ asymmetricKeyType, asymmetricKeyDetails }: NodeCrypto.KeyObject): TokenAlgorithm {
  const { modulusLength = 0, namedCurve } = asymmetricKeyDetails ?? {};
  if (asymmetricKeyType === "ed25519") return "EdDSA";
  if (asymmetricKeyType === "ec" && namedCurve === "prime256v1") return "ES256";
  if (asymmetricKeyType === "rsa") {
    if (modulusLength >= MIN_RSA_BITS) return "RS256";
    throw new TokenError(
      "key_too_short",
      `This RSA key has ${modulusLength} bits. Use one of at least ${MIN_RSA_BITS}. ${HOW_TO_CREATE}`,
    );
  }
  const kind = [asymmetricKeyType, namedCurve].filter((each) => each !== undefined).join(" ");
  throw new TokenError(
    "key_unsupported",
    `This is a key of the kind ${kind}. Use RSA, P-256 (prime256v1) or Ed25519. ${HOW_TO_CREATE}`,
  );
}

/**
 * Reads a private key: PEM (PKCS#8, PKCS#1 or SEC1), or a JWK as an object or JSON. Repairs Windows line ends
 * and `\n` written as two characters. Does not quote the key in any error.
 *
 * @throws {TokenError} a code that begins with `key_`, or `invalid_option`
 * @see spec/1.0/contract.md#signed-tokens
 */
export function readPrivateKey(
  input: string | Jwk | PrivateKey,
  options: PrivateKeyOptions = {},
): PrivateKey {
  const { algorithm, keyId } = options;
  if (input instanceof PrivateKey) return input;
  const jwk = typeof input === "string" ? readJson(input) : input;
  const key = jwk === null ? readPem(String(input)) : readJwk(jwk);
  const fitting = algorithmOf(key);
  for (const wanted of [algorithm, jwk?.["alg"]]) {
    if (wanted === undefined || wanted === fitting) continue;
    if (!isTokenAlgorithm(wanted) && wanted === algorithm)
      throw new TokenError(
        "invalid_option",
        `Invalid algorithm: pass one of ${TOKEN_ALGORITHMS.join(", ")}.`,
      );
    throw new TokenError(
      "key_wrong_algorithm",
      `This key signs ${fitting} and cannot sign the requested algorithm. Omit the algorithm, or pass another key.`,
    );
  }
  const kid = keyId ?? (typeof jwk?.["kid"] === "string" ? jwk["kid"] : undefined);
  return new PrivateKey(key, fitting, kid);
}

/** Returns the object that a text is as JSON; `null` if it is another text. */
function readJson(text: string): Jwk | null {
  const trimmed = text.trim();
  if (!trimmed.startsWith("{")) return null;
  const value = parse<unknown>(
    () => JSON.parse(trimmed),
    "This JWK is not valid JSON. Pass the file as it was issued.",
  );
  return value as Jwk;
}
