/** The error codes of this package. The first group is about keys and options, the second about a received token. */
export type TokenErrorCode =
  | "key_unreadable"
  | "key_public"
  | "key_private"
  | "key_certificate"
  | "key_encrypted"
  | "key_unsupported"
  | "key_too_short"
  | "key_wrong_algorithm"
  | "invalid_option"
  | "malformed"
  | "wrong_algorithm"
  | "unknown_key"
  | "wrong_signature"
  | "expired"
  | "not_yet_valid"
  | "wrong_issuer"
  | "wrong_audience"
  | "wrong_lifetime"
  | "missing_claim";

/** Every error of this package. Branch on `code`; it is stable. Quotes neither a key nor a token. */
export class TokenError extends Error {
  override readonly name = "TokenError";
  readonly code: TokenErrorCode;

  constructor(code: TokenErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

/** What each code of {@link TokenError} means, and what to do. The documentation shows it. */
export const TOKEN_TEXTS: Readonly<Record<TokenErrorCode, { readonly means: string; readonly fix: string }>> =
  {
    key_unreadable: {
      means: "The text is not a key that can be read.",
      fix: "Pass PEM with its first and last line, or a JWK. Keep the line breaks: many secret stores replace them with `\\n`.",
    },
    key_public: {
      means: "A public key was given where a private key is needed.",
      fix: "Pass the private key, to sign. Register the public key with the vendor.",
    },
    key_private: {
      means: "A private key was given where a public key is needed.",
      fix: "Register only the public key: `openssl pkey -in private.pem -pubout`. Replace a private key that was disclosed.",
    },
    key_certificate: {
      means: "A certificate was given instead of a key.",
      fix: "Extract the public key: `openssl x509 -in certificate.pem -pubkey -noout`. To sign, pass the private key of the certificate.",
    },
    key_encrypted: {
      means: "The private key is encrypted with a passphrase.",
      fix: "Decrypt it and store the result like a password: `openssl pkey -in encrypted.pem -out private.pem`.",
    },
    key_unsupported: {
      means: "The key is damaged or of a kind that the contract does not use.",
      fix: "Use RSA with at least 2048 bits, P-256 (prime256v1) or Ed25519.",
    },
    key_too_short: {
      means: "The RSA key has fewer than 2048 bits.",
      fix: "Create a longer key: `openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048`.",
    },
    key_wrong_algorithm: {
      means: "The key cannot sign with this algorithm.",
      fix: "Use RS256 with RSA, ES256 with P-256, EdDSA with Ed25519; the vendor's manifest lists what it accepts.",
    },
    invalid_option: {
      means: "An option is invalid, such as the issuer or the lifetime.",
      fix: "Correct the option that the message names.",
    },
    malformed: {
      means: "The token is not a signed JWT in the compact form.",
      fix: "Send `Authorization: Bearer` and the token, without quotes. Encrypted tokens are not accepted.",
    },
    wrong_algorithm: {
      means: "The token's algorithm is not one that the verifier allows. `none` and HMAC never are.",
      fix: "Sign with one of the `algorithms` of the manifest.",
    },
    unknown_key: {
      means: "No registered key has the token's `kid` and fits its algorithm.",
      fix: "Register the public key, or send the `kid` of a registered key.",
    },
    wrong_signature: {
      means: "The signature does not match the token and a registered key.",
      fix: "Register the public key that belongs to the private key. Check that nothing changed the token.",
    },
    expired: {
      means: "The token's `exp` has passed.",
      fix: "Create a token for each call or every few minutes. Synchronise the clocks.",
    },
    not_yet_valid: {
      means: "The token's `iat` or `nbf` is in the future.",
      fix: "Synchronise the clock of the machine that signs.",
    },
    wrong_issuer: {
      means: "The token's `iss` is not the issuer that the manifest names.",
      fix: "Set `iss` to the manifest's `issuer`.",
    },
    wrong_audience: {
      means: "The token's `aud` is not the expected one.",
      fix: "Leave `aud` out, or set it to what the vendor documents.",
    },
    wrong_lifetime: {
      means: "The token is valid for longer than the verifier accepts.",
      fix: "Shorten `exp` minus `iat` to an hour or less.",
    },
    missing_claim: {
      means: "The token lacks a required claim.",
      fix: "Send `iss`, `iat` and `exp`.",
    },
  };
