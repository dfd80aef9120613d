import crypto from "node:crypto";

/** Computes the HMAC-SHA256 of `prefix` and `body` in base64. The prefix is ASCII. */
export type HmacSha256 = (prefix: string, body: string | Uint8Array) => string;

const BLOCK_BYTES = 64;
const DIGEST_BYTES = 32;
const [INNER, OUTER] = [0x36, 0x5c];

/** Up to this size, copying a message costs less than creating an `Hmac` object. */
const MAX_COPIED_BYTES = 4096;
const MAX_PREFIX_CHARACTERS = 288;

/**
 * Makes a buffer for one of HMAC's two passes (RFC 2104): the padded key's block, then room for the message.
 */
function padKey(key: Uint8Array, pad: number, room: number): Buffer {
  const block = Buffer.alloc(BLOCK_BYTES + room);
  block.fill(pad, 0, BLOCK_BYTES);
  for (const [at, byte] of key.entries()) block[at] = byte ^ pad;
  return block;
}

/**
 * Prepares a key of at most 64 bytes. Hashes small messages with two one-shot hashes, which take two thirds
 * of the time of an `Hmac` object. Hashes large messages with an `Hmac` object, to avoid copying the message.
 */
export function prepareHmacSha256(key: Uint8Array): HmacSha256 {
  // On Node 24, passing raw bytes to every call takes four times as long as passing a `KeyObject`.
  const keyObject = crypto.createSecretKey(key);
  const streamed: HmacSha256 = (prefix, body) =>
    crypto.createHmac("sha256", keyObject).update(prefix).update(body).digest("base64");
  // One-shot hashes exist since Node 20.12.
  if (typeof crypto.hash !== "function") return streamed;

  const inner = padKey(key, INNER, MAX_PREFIX_CHARACTERS + MAX_COPIED_BYTES);
  const outer = padKey(key, OUTER, DIGEST_BYTES);
  return (prefix, body) => {
    const isText = typeof body === "string";
    const bytes = isText && body.length <= MAX_COPIED_BYTES ? Buffer.byteLength(body) : body.length;
    if (bytes > MAX_COPIED_BYTES || prefix.length > MAX_PREFIX_CHARACTERS) return streamed(prefix, body);
    const start = BLOCK_BYTES + inner.write(prefix, BLOCK_BYTES, "latin1");
    if (isText) inner.write(body, start);
    else inner.set(body, start);
    // Passes the hash as Latin-1 text, because allocating a buffer takes twice as long as hashing 300 bytes.
    outer.write(crypto.hash("sha256", inner.subarray(0, start + bytes), "binary"), BLOCK_BYTES, "latin1");
    return crypto.hash("sha256", outer, "base64");
  };
}
