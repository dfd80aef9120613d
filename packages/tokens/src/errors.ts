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
