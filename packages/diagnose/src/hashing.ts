import { type Bytes, concat } from "./bytes.ts";

/** Computes the digest of a message with a prepared key. */
export type Digest = (message: Bytes) => Promise<Bytes>;

export type Hash = "SHA-1" | "SHA-256" | "SHA-384" | "SHA-512";

/** The hash functions of a runtime. */
export interface Hasher {
  /** Prepares a key for HMAC. */
  readonly createHmac: (hash: Hash, key: Bytes) => Digest;
  readonly digest: (hash: Hash, message: Bytes) => Promise<Bytes>;
}

/** The part of node:crypto that a hasher uses. */
interface NodeCrypto {
  createHmac(algorithm: string, key: object): NodeHash;
  createSecretKey(key: Uint8Array): object;
  createHash(algorithm: string): NodeHash;
}

interface NodeHash {
  update(data: Uint8Array): NodeHash;
  digest(): Bytes;
}

/**
 * Replaces an empty key with a zero byte, because WebCrypto refuses an empty key. HMAC pads keys with zeros,
 * so the digest is the same.
 */
const toImportable = (key: Bytes): Bytes => (key.length === 0 ? new Uint8Array(1) : key);

export const webHasher: Hasher = {
  createHmac(hash, key) {
    const algorithm = { name: "HMAC", hash };
    const imported = crypto.subtle.importKey("raw", toImportable(key), algorithm, false, ["sign"]);
    return async (message) => new Uint8Array(await crypto.subtle.sign("HMAC", await imported, message));
  },
  digest: async (hash, message) => new Uint8Array(await crypto.subtle.digest(hash, message)),
};

const toNodeName = (hash: Hash): string => hash.replace("-", "").toLowerCase();

const createNodeHasher = (node: NodeCrypto): Hasher => ({
  createHmac(hash, key) {
    // Creates a `KeyObject`, because passing raw bytes to every call takes several times as long on Node 24.
    const prepared = node.createSecretKey(toImportable(key));
    return async (message) => node.createHmac(toNodeName(hash), prepared).update(message).digest();
  },
  digest: async (hash, message) => node.createHash(toNodeName(hash)).update(message).digest(),
});

/**
 * Loads node:crypto if the runtime has it: a search computes thousands of small hashes, and WebCrypto is far
 * slower for small hashes.
 */
function loadNodeCrypto(): NodeCrypto | undefined {
  const { process } = globalThis as unknown as {
    process?: { getBuiltinModule?: (id: string) => unknown };
  };
  return process?.getBuiltinModule?.("node:crypto") as NodeCrypto | undefined;
}

const nodeCrypto = loadNodeCrypto();

export const hasher: Hasher = nodeCrypto ? createNodeHasher(nodeCrypto) : webHasher;

/** Computes an HMAC with key and message swapped. */
export const createSwappedHmac =
  (hash: Hash, key: Bytes): Digest =>
  (message) =>
    hasher.createHmac(hash, message)(key);

/** Hashes the message with a prefix and a suffix. */
export const createPlainHash =
  (hash: Hash, before: Bytes, after: Bytes): Digest =>
  (message) =>
    hasher.digest(hash, concat(before, message, after));

/** Makes a verifier of Ed25519 signatures. If the runtime lacks Ed25519, the verifier accepts no signature. */
export function createEd25519Verifier(
  publicKey: Bytes,
): (signature: Bytes, message: Bytes) => Promise<boolean> {
  const imported = crypto.subtle.importKey("raw", publicKey, "Ed25519", false, ["verify"]).catch(() => null);
  return async (signature, message) => {
    const key = await imported;
    return key !== null && crypto.subtle.verify("Ed25519", key, signature, message);
  };
}
