import { fromBase64, toBase64, toPkcs8 } from "./base64.ts";
import { MAX_V1A, type SigningKey, type VerifyingKey } from "./prepared-key.ts";

type Key = Awaited<ReturnType<typeof crypto.subtle.importKey>>;

const encoder = new TextEncoder();

function joinMessage(prefix: string, body: string | Uint8Array): Uint8Array<ArrayBuffer> {
  const [head, tail] = [encoder.encode(prefix), typeof body === "string" ? encoder.encode(body) : body];
  const joined = new Uint8Array(head.length + tail.length);
  joined.set(head);
  joined.set(tail, head.length);
  return joined;
}

/** Prevents an unhandled rejection if a key fails to import before it is first used. */
function deferRejection(key: Promise<Key>): Promise<Key> {
  key.catch(() => {});
  return key;
}

async function anyVerifies(
  algorithm: string,
  key: Promise<Key>,
  version: string,
  signatures: readonly string[],
  signed: Uint8Array<ArrayBuffer>,
  max?: number,
): Promise<boolean> {
  const imported = await key;
  for (const signature of signatures.filter((each) => each.startsWith(`${version},`)).slice(0, max)) {
    const bytes = fromBase64(signature.slice(version.length + 1));
    // `subtle.verify` compares in constant time.
    if (bytes && (await crypto.subtle.verify(algorithm, imported, bytes, signed))) return true;
  }
  return false;
}

/** Prepares a shared secret for HMAC-SHA256. */
export function prepareSharedKey(bytes: Uint8Array<ArrayBuffer>): SigningKey & VerifyingKey {
  const key = deferRejection(
    crypto.subtle.importKey("raw", bytes, { name: "HMAC", hash: "SHA-256" }, false, ["sign", "verify"]),
  );
  return {
    version: "v1",
    sign: async (prefix, body) =>
      `v1,${toBase64(new Uint8Array(await crypto.subtle.sign("HMAC", await key, joinMessage(prefix, body))))}`,
    verifies: (signatures, prefix, body) =>
      anyVerifies("HMAC", key, "v1", signatures, joinMessage(prefix, body)),
  };
}

/** Prepares an Ed25519 private key. @param seed its 32 bytes */
export function preparePrivateKey(seed: Uint8Array): SigningKey {
  const key = deferRejection(crypto.subtle.importKey("pkcs8", toPkcs8(seed), "Ed25519", false, ["sign"]));
  return {
    sign: async (prefix, body) =>
      `v1a,${toBase64(new Uint8Array(await crypto.subtle.sign("Ed25519", await key, joinMessage(prefix, body))))}`,
  };
}

/** Prepares an Ed25519 public key. @param bytes its 32 bytes */
export function preparePublicKey(bytes: Uint8Array<ArrayBuffer>): VerifyingKey {
  const key = deferRejection(crypto.subtle.importKey("raw", bytes, "Ed25519", false, ["verify"]));
  return {
    version: "v1a",
    verifies: (signatures, prefix, body) =>
      anyVerifies("Ed25519", key, "v1a", signatures, joinMessage(prefix, body), MAX_V1A),
  };
}
