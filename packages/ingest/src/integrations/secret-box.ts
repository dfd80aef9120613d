import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";

const ALGORITHM = "aes-256-gcm";
const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** A stored secret cannot be read with this key. */
export class SecretBoxError extends Error {
  override readonly name = "SecretBoxError";
  readonly code: "invalid_key" | "cannot_decrypt";
  constructor(code: SecretBoxError["code"], message: string) {
    super(message);
    this.code = code;
  }
}

/** Encrypts secrets before they are stored, each bound to what it belongs to. */
export interface SecretBox {
  /** @param context what the secret belongs to; it opens for nothing else */
  seal(secret: string, context: string): Uint8Array;
  /** @throws {SecretBoxError} `cannot_decrypt` */
  open(sealed: Uint8Array, context: string): string;
  /** Whether a secret is encrypted with the newest key. */
  isNewest(sealed: Uint8Array, context: string): boolean;
}

/** The bytes of a key. @throws {SecretBoxError} `invalid_key` */
function keyBytes(key: string): Buffer {
  const bytes = Buffer.from(key, "base64");
  if (bytes.length === KEY_BYTES) return bytes;
  throw new SecretBoxError("invalid_key", `The encryption key must be the base64 of ${KEY_BYTES} bytes.`);
}

/** @returns `null` where this is not the key, or the secret belongs to something else */
function decrypt(key: Buffer, sealed: Buffer, context: string): string | null {
  try {
    const decipher = createDecipheriv(ALGORITHM, key, sealed.subarray(0, NONCE_BYTES), {
      authTagLength: TAG_BYTES,
    })
      .setAAD(Buffer.from(context))
      .setAuthTag(sealed.subarray(-TAG_BYTES));
    return (
      decipher.update(sealed.subarray(NONCE_BYTES, -TAG_BYTES), undefined, "utf8") + decipher.final("utf8")
    );
  } catch {
    return null;
  }
}

/**
 * Makes a box of AES-256-GCM.
 *
 * @param keys base64 of 32 bytes each, separated by commas: the first encrypts, and all of them decrypt, so that one can
 *   replace another
 * @throws {SecretBoxError} `invalid_key`
 */
export function createSecretBox(keys: string): SecretBox {
  const all = keys.split(",").map((key) => keyBytes(key.trim()));
  const [newest = keyBytes("")] = all;
  return {
    seal(secret, context) {
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv(ALGORITHM, newest, nonce).setAAD(Buffer.from(context));
      return Buffer.concat([nonce, cipher.update(secret, "utf8"), cipher.final(), cipher.getAuthTag()]);
    },
    open(sealed, context) {
      for (const key of all) {
        const secret = decrypt(key, Buffer.from(sealed), context);
        if (secret !== null) return secret;
      }
      throw new SecretBoxError(
        "cannot_decrypt",
        "A stored secret cannot be decrypted: the encryption key is not the one this database was written with.",
      );
    },
    isNewest: (sealed, context) => decrypt(newest, Buffer.from(sealed), context) !== null,
  };
}
