import { createPrivateKey, createPublicKey, sign, timingSafeEqual, verify } from "node:crypto";
import { pkcs8 } from "./ed25519-keys.ts";
import { prepareHmacSha256 } from "./hmac-sha256.ts";
import type { SigningKey, VerifyingKey } from "./prepared-key.ts";

const message = (prefix: string, body: string | Uint8Array): Uint8Array =>
  Buffer.concat([Buffer.from(prefix), typeof body === "string" ? Buffer.from(body) : body]);

/** `v1,` and the base64 of 32 bytes. */
const SIGNATURE_LENGTH = 47;
/** Where two signatures are written to be compared: new buffers for each delivery cost a tenth of hashing it. */
const [given, expected] = [Buffer.alloc(SIGNATURE_LENGTH), Buffer.alloc(SIGNATURE_LENGTH)];

/** @param bytes a secret that both sides share */
export function sharedKey(bytes: Uint8Array): SigningKey & VerifyingKey {
  const hmac = prepareHmacSha256(bytes);
  const sign = (prefix: string, body: string | Uint8Array) => `v1,${hmac(prefix, body)}`;
  return {
    version: "v1",
    sign,
    verifies(signatures, prefix, body) {
      // Compared as text: decoding would let through what is not the one base64 writing of the digest.
      expected.write(sign(prefix, body), "latin1");
      for (const signature of signatures) {
        if (signature.length !== SIGNATURE_LENGTH) continue;
        // A character that takes more than a byte leaves a zero at the end, which no signature has.
        given.fill(0).write(signature, "utf8");
        if (timingSafeEqual(given, expected)) return true;
      }
      return false;
    },
  };
}

/** @param seed the 32 bytes an Ed25519 private key is made from */
export function privateKey(seed: Uint8Array): SigningKey {
  const key = createPrivateKey({ key: Buffer.from(pkcs8(seed)), format: "der", type: "pkcs8" });
  return { sign: (prefix, body) => `v1a,${sign(null, message(prefix, body), key).toString("base64")}` };
}

/** @param bytes the 32 bytes of an Ed25519 public key */
export function publicKey(bytes: Uint8Array): VerifyingKey {
  const jwk = { kty: "OKP", crv: "Ed25519", x: Buffer.from(bytes).toString("base64url") };
  const key = createPublicKey({ key: jwk, format: "jwk" });
  return {
    version: "v1a",
    verifies(signatures, prefix, body) {
      const signed = message(prefix, body);
      return signatures.some((signature) => {
        if (!signature.startsWith("v1a,")) return false;
        const decoded = Buffer.from(signature.slice("v1a,".length), "base64");
        // Only the one base64 writing of a signature is that signature.
        return `v1a,${decoded.toString("base64")}` === signature && verify(null, signed, key, decoded);
      });
    },
  };
}
