import { createCipheriv, createDecipheriv, createSecretKey, type KeyObject, randomBytes } from "node:crypto";

const ALGORITHM = "aes-256-gcm";
const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** A malformed encryption key, or a secret that the key does not decrypt. */
export class SecretBoxError extends Error {
  override readonly name = "SecretBoxError";
  readonly code: "invalid_key" | "cannot_decrypt";
  constructor(code: SecretBoxError["code"], message: string) {
    super(message);
    this.code = code;
  }
}

/** Encrypts secrets before they are stored, and binds each secret to the record that it belongs to. */
export interface SecretBox {
  /**
   * Encrypts a secret.
   *
   * @param context id of the record that the secret belongs to; decryption fails with any other id
   */
  seal(secret: string, context: string): Uint8Array;
  /** Decrypts a secret. @throws {SecretBoxError} `cannot_decrypt` */
  open(sealed: Uint8Array, context: string): string;
  /** Tells whether a secret is encrypted with the first key, so that the other keys can be retired. */
  isNewest(sealed: Uint8Array, context: string): boolean;
}

function readKey(key: string): KeyObject {
  const bytes = Buffer.from(key, "base64");
  // Node skips characters that are not base64, so a key with a mistake in it would be accepted as another key.
  if (bytes.length === KEY_BYTES && bytes.toString("base64") === key) return createSecretKey(bytes);
  throw new SecretBoxError(
    "invalid_key",
    `The encryption key must be the base64 of ${KEY_BYTES} random bytes. Create a key with: openssl rand -base64 ${KEY_BYTES}`,
  );
}

/** @returns `null` for the wrong key or the wrong context */
function decrypt(key: KeyObject, sealed: Buffer, context: string): string | null {
  try {
    const decipher = createDecipheriv(ALGORITHM, key, sealed.subarray(0, NONCE_BYTES), {
      authTagLength: TAG_BYTES,
    })
      .setAAD(Buffer.from(context))
      .setAuthTag(sealed.subarray(-TAG_BYTES));
    const text = decipher.update(sealed.subarray(NONCE_BYTES, -TAG_BYTES), undefined, "utf8");
    return text + decipher.final("utf8");
  } catch {
    return null;
  }
}

/**
 * Creates a secret box (AES-256-GCM).
 *
 * @param keys base64 of 32 bytes each, separated by commas. The first key encrypts and every key decrypts, so
 *   that keys can be rotated
 * @throws {SecretBoxError} `invalid_key`
 */
export function createSecretBox(keys: string): SecretBox {
  const all = keys.split(",").map((key) => readKey(key.trim()));
  const [newest = readKey("")] = all;
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
        "A stored secret cannot be decrypted. Use the encryption key that encrypted the secrets in this database.",
      );
    },
    isNewest: (sealed, context) => decrypt(newest, Buffer.from(sealed), context) !== null,
  };
}
