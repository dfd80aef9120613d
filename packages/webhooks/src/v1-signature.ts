import { type HmacKey, hmacSha256 } from "./hmac-sha256.ts";

/**
 * A Standard Webhooks `v1` signature.
 *
 * @param prefix `id.timestamp.`, which stands before the body in what is signed
 */
export const v1Signature = (key: HmacKey, prefix: string, body: string | Uint8Array): string =>
  `v1,${hmacSha256(key, prefix, body)}`;
