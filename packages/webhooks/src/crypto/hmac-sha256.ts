import crypto from "node:crypto";

/** HMAC-SHA256 over `prefix` and `body`, in base64. The prefix is ASCII. */
export type HmacSha256 = (prefix: string, body: string | Uint8Array) => string;

const BLOCK_BYTES = 64;
const DIGEST_BYTES = 32;
const [INNER, OUTER] = [0x36, 0x5c];

/** Up to this many bytes, copying a message once costs less than an `Hmac` object. */
const MOST_COPIED_BYTES = 4096;
/** A character of a JavaScript string takes at most this many bytes of UTF-8. */
const MOST_BYTES_A_CHARACTER = 3;
const LONGEST_PREFIX = 288;

/** The key's block of one of HMAC's two passes (RFC 2104), with room behind it. */
function padded(key: Uint8Array, pad: number, room: number): Buffer {
  const block = Buffer.alloc(BLOCK_BYTES + room);
  block.fill(pad, 0, BLOCK_BYTES);
  for (const [at, byte] of key.entries()) block[at] = byte ^ pad;
  return block;
}

/**
 * Prepares a key of at most 64 bytes. Small messages go through HMAC's two passes by one-shot hashes, which takes two
 * thirds of the time of an `Hmac` object; large ones are not copied.
 */
export function prepareHmacSha256(key: Uint8Array): HmacSha256 {
  // A `KeyObject`: raw bytes at every call cost four times as much on Node 24.
  const keyObject = crypto.createSecretKey(key);
  const streamed: HmacSha256 = (prefix, body) =>
    crypto.createHmac("sha256", keyObject).update(prefix).update(body).digest("base64");
  // Node has one-shot hashes since 20.12.
  if (typeof crypto.hash !== "function") return streamed;

  const inner = padded(key, INNER, LONGEST_PREFIX + MOST_COPIED_BYTES);
  const outer = padded(key, OUTER, DIGEST_BYTES);
  return (prefix, body) => {
    const isText = typeof body === "string";
    const most = isText ? body.length * MOST_BYTES_A_CHARACTER : body.length;
    if (most > MOST_COPIED_BYTES || prefix.length > LONGEST_PREFIX) return streamed(prefix, body);
    const start = BLOCK_BYTES + inner.write(prefix, BLOCK_BYTES, "latin1");
    let end = start + most;
    if (isText) end = start + inner.write(body, start, "utf8");
    else inner.set(body, start);
    // As text, one character a byte: a buffer would take twice as long to make as 300 bytes take to hash.
    outer.write(crypto.hash("sha256", inner.subarray(0, end), "binary"), BLOCK_BYTES, "latin1");
    return crypto.hash("sha256", outer, "base64");
  };
}
