import { createCipheriv, createDecipheriv, createSecretKey, randomBytes } from "node:crypto";
import { DeliveryError } from "../errors.ts";
import type { SigningSecret } from "../rules/signing-secrets.ts";

const ALGORITHM = "aes-256-gcm";
const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** Encrypts an endpoint's secrets before they are stored, bound to the endpoint they belong to. */
export interface SecretBox {
  seal(secrets: readonly SigningSecret[], endpointId: string): Uint8Array;
  /** @throws {DeliveryError} `cannot_decrypt` */
  open(sealed: Uint8Array, endpointId: string): readonly SigningSecret[];
}

/**
 * Makes a box of AES-256-GCM.
 *
 * @param encryptionKey base64 of 32 bytes
 * @throws {DeliveryError} `invalid_option`
 */
export function createSecretBox(encryptionKey: string): SecretBox {
  const bytes = Buffer.from(encryptionKey, "base64");
  if (bytes.length !== KEY_BYTES) {
    throw new DeliveryError(
      "invalid_option",
      `encryptionKey must be the base64 of ${KEY_BYTES} random bytes: openssl rand -base64 ${KEY_BYTES}`,
    );
  }
  const key = createSecretKey(bytes);
  return {
    seal(secrets, endpointId) {
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv(ALGORITHM, key, nonce).setAAD(Buffer.from(endpointId));
      const sealed = [cipher.update(JSON.stringify(secrets), "utf8"), cipher.final()];
      return Buffer.concat([nonce, ...sealed, cipher.getAuthTag()]);
    },
    open(sealed, endpointId) {
      const box = Buffer.from(sealed);
      try {
        const decipher = createDecipheriv(ALGORITHM, key, box.subarray(0, NONCE_BYTES), {
          authTagLength: TAG_BYTES,
        })
          .setAAD(Buffer.from(endpointId))
          .setAuthTag(box.subarray(-TAG_BYTES));
        const text = decipher.update(box.subarray(NONCE_BYTES, -TAG_BYTES), undefined, "utf8");
        return JSON.parse(text + decipher.final("utf8")) as readonly SigningSecret[];
      } catch {
        throw new DeliveryError(
          "cannot_decrypt",
          `The secrets of endpoint ${endpointId} cannot be decrypted: encryptionKey is not the one they were stored with.`,
        );
      }
    },
  };
}
