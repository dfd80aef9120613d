import { createPrivateKey, createPublicKey, sign, timingSafeEqual, verify } from "node:crypto";
import { toPkcs8 } from "./base64.ts";
import { prepareHmacSha256 } from "./hmac-sha256.ts";
import { MAX_V1A, type SigningKey, type VerifyingKey } from "./prepared-key.ts";

const joinMessage = (prefix: string, body: string | Uint8Array): Uint8Array =>
  Buffer.concat([Buffer.from(prefix), typeof body === "string" ? Buffer.from(body) : body]);

/** `v1,` and the base64 of 32 bytes. */
const SIGNATURE_LENGTH = 47;
/** These buffers are reused for every comparison: new buffers would add a tenth to the time of hashing a delivery. */
const [given, expected] = [Buffer.alloc(SIGNATURE_LENGTH), Buffer.alloc(SIGNATURE_LENGTH)];

/** Prepares a shared secret for HMAC-SHA256. */
export function prepareSharedKey(bytes: Uint8Array): SigningKey & VerifyingKey {
  const hmac = prepareHmacSha256(bytes);
  const sign = (prefix: string, body: string | Uint8Array) => `v1,${hmac(prefix, body)}`;
  return {
    version: "v1",
    sign,
    verifies(signatures, prefix, body) {
      // Compares signatures as text, because decoding would also accept non-canonical base64.
      expected.write(sign(prefix, body), "latin1");
      for (const signature of signatures) {
        if (signature.length !== SIGNATURE_LENGTH) continue;
        // A multi-byte character can leave a zero at the end, and no valid signature contains a zero.
        given.fill(0).write(signature, "utf8");
        if (timingSafeEqual(given, expected)) return true;
      }
      return false;
    },
  };
}

/** Prepares an Ed25519 private key. @param seed its 32 bytes */
export function preparePrivateKey(seed: Uint8Array): SigningKey {
  const key = createPrivateKey({ key: Buffer.from(toPkcs8(seed)), format: "der", type: "pkcs8" });
  return { sign: (prefix, body) => `v1a,${sign(null, joinMessage(prefix, body), key).toString("base64")}` };
}

/** Prepares an Ed25519 public key. @param bytes its 32 bytes */
export function preparePublicKey(bytes: Uint8Array): VerifyingKey {
  const jwk = { kty: "OKP", crv: "Ed25519", x: Buffer.from(bytes).toString("base64url") };
  const key = createPublicKey({ key: jwk, format: "jwk" });
  return {
    version: "v1a",
    verifies(signatures, prefix, body) {
      const signed = joinMessage(prefix, body);
      const first = signatures.filter((signature) => signature.startsWith("v1a,")).slice(0, MAX_V1A);
      return first.some((signature) => {
        const decoded = Buffer.from(signature.slice("v1a,".length), "base64");
        // Encoding the decoded bytes again shows whether the base64 was canonical. Base64 that is not
        // canonical is refused.
        return `v1a,${decoded.toString("base64")}` === signature && verify(null, signed, key, decoded);
      });
    },
  };
}
