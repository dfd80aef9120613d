import { createSecretBox, SecretBoxError } from "@convergint/internal/secret-box";
import { DeliveryError } from "../errors.ts";
import type { SigningSecret } from "../rules/signing-secrets.ts";

/** Encrypts the secrets of an endpoint before they are stored, bound to that endpoint. */
export interface EndpointSecretBox {
  seal(secrets: readonly SigningSecret[], endpointId: string): Uint8Array;
  /** @throws {DeliveryError} `cannot_decrypt` */
  open(sealed: Uint8Array, endpointId: string): readonly SigningSecret[];
}

/** Runs a step of the secret box and converts its errors to the documented errors of an outbox. */
function withDeliveryErrors<Result>(
  step: () => Result,
  code: "invalid_option" | "cannot_decrypt",
  message: string,
) {
  try {
    return step();
  } catch (error) {
    if (!(error instanceof SecretBoxError)) throw error;
    throw new DeliveryError(code, message, { cause: error });
  }
}

/**
 * Creates the box that an outbox keeps endpoint secrets in.
 *
 * @param encryptionKey base64 of 32 bytes
 * @throws {DeliveryError} `invalid_option`
 */
export function createEndpointSecretBox(encryptionKey: string): EndpointSecretBox {
  const box = withDeliveryErrors(
    () => createSecretBox(encryptionKey),
    "invalid_option",
    "encryptionKey must be the base64 of 32 random bytes: openssl rand -base64 32",
  );
  return {
    seal: (secrets, endpointId) => box.seal(JSON.stringify(secrets), endpointId),
    open(sealed, endpointId) {
      const text = withDeliveryErrors(
        () => box.open(sealed, endpointId),
        "cannot_decrypt",
        `Cannot decrypt the secrets of endpoint ${endpointId}: another key encrypted them. Set encryptionKey to that key.`,
      );
      return JSON.parse(text) as readonly SigningSecret[];
    },
  };
}
