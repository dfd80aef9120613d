/** What hashing takes at once in one build, and after a moment in another. */
export type MaybePromise<Value> = Value | Promise<Value>;

/** A signing key made ready once for many deliveries. */
export interface SigningKey {
  /**
   * @param prefix `id.timestamp.`, which stands before the body in what is signed
   * @returns the signature as it stands in the header: version, comma, base64
   */
  sign(prefix: string, body: string | Uint8Array): MaybePromise<string>;
}

/** A verifying key made ready once for many deliveries. */
export interface VerifyingKey {
  /** Which signatures it can verify. */
  readonly version: "v1" | "v1a";
  /**
   * Tells whether one of the signatures is this key's, in a time that does not depend on where two texts differ.
   *
   * @param signatures as they stand in the header; those of another version are passed over
   */
  verifies(signatures: readonly string[], prefix: string, body: string | Uint8Array): MaybePromise<boolean>;
}
