import { createHmac, createSecretKey, type KeyObject, timingSafeEqual } from "node:crypto";

/** A key made ready once: handing raw bytes to every HMAC costs four times as much on Node 24. */
export type HmacKey = KeyObject;

export const prepareHmacKey = (bytes: Uint8Array): HmacKey => createSecretKey(bytes);

/** HMAC-SHA256 over `prefix` and `body`, in base64, without joining the two into one long text. */
export function hmacSha256(key: HmacKey, prefix: string, body: string | Uint8Array): string {
  return createHmac("sha256", key).update(prefix).update(body).digest("base64");
}

/** Compares in a time that does not depend on where two texts differ. */
export function equalInConstantTime(a: string, b: string): boolean {
  // Buffers come out of a pool; handing a fresh small typed array to node:crypto costs half an HMAC.
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}
