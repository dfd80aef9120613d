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
}

/**
 * Makes a box of AES-256-GCM.
 *
 * @param key base64 of 32 bytes
 * @throws {SecretBoxError} `invalid_key`
 */
export function createSecretBox(key: string): SecretBox {
  const bytes = Buffer.from(key, "base64");
  if (bytes.length !== KEY_BYTES) {
    throw new SecretBoxError("invalid_key", `The encryption key must be the base64 of ${KEY_BYTES} bytes.`);
  }
  return {
    seal(secret, context) {
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv(ALGORITHM, bytes, nonce).setAAD(Buffer.from(context));
      return Buffer.concat([nonce, cipher.update(secret, "utf8"), cipher.final(), cipher.getAuthTag()]);
    },
    open(sealed, context) {
      const box = Buffer.from(sealed);
      try {
        const decipher = createDecipheriv(ALGORITHM, bytes, box.subarray(0, NONCE_BYTES), {
          authTagLength: TAG_BYTES,
        })
          .setAAD(Buffer.from(context))
          .setAuthTag(box.subarray(-TAG_BYTES));
        return (
          decipher.update(box.subarray(NONCE_BYTES, -TAG_BYTES), undefined, "utf8") + decipher.final("utf8")
        );
      } catch {
        throw new SecretBoxError(
          "cannot_decrypt",
          "A stored secret cannot be decrypted: the encryption key is not the one this database was written with.",
        );
      }
    },
  };
}
