/** A value from node:crypto, or a promise from WebCrypto. */
export type MaybePromise<Value> = Value | Promise<Value>;

/**
 * How many `v1a` signatures of a delivery are verified with each key; a rotation has two. Verifying one hashes the whole
 * body again, and anyone can send 16. All `v1` signatures together cost one hash.
 */
export const MAX_V1A = 2;

/** A signing key, prepared for many deliveries. */
export interface SigningKey {
  /**
   * Signs a message.
   *
   * @param prefix `id.timestamp.`, which precedes the body
   * @returns the signature in the format of the header: version, comma, base64
   */
  sign(prefix: string, body: string | Uint8Array): MaybePromise<string>;
}

/** A verifying key, prepared for many deliveries. */
export interface VerifyingKey {
  /** The version of the signatures that this key verifies. */
  readonly version: "v1" | "v1a";
  /**
   * Checks in constant time whether one of the signatures was made with this key.
   *
   * @param signatures in the format of the header; signatures of another version are ignored, as are
   *   all but the first two of version `v1a`
   */
  verifies(signatures: readonly string[], prefix: string, body: string | Uint8Array): MaybePromise<boolean>;
}
