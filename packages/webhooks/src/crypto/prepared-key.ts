/** A value from node:crypto, or a promise from WebCrypto. */
export type MaybePromise<Value> = Value | Promise<Value>;

/** A signing key, prepared for many deliveries. */
export interface SigningKey {
  /**
   * Signs a message.
   *
   * @param prefix `id.timestamp.`, which precedes the body
   * @returns the signature as in the header: version, comma, base64
   */
  sign(prefix: string, body: string | Uint8Array): MaybePromise<string>;
}

/** A verifying key, prepared for many deliveries. */
export interface VerifyingKey {
  /** The version of the signatures that it verifies. */
  readonly version: "v1" | "v1a";
  /**
   * Checks in constant time whether one of the signatures is this key's.
   *
   * @param signatures as in the header; those of another version are ignored
   */
  verifies(signatures: readonly string[], prefix: string, body: string | Uint8Array): MaybePromise<boolean>;
}
