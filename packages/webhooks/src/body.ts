import { WebhookUsageError } from "./errors.ts";

/**
 * Makes sure that a body is what travels, and not something parsed from it.
 *
 * @throws {WebhookUsageError} `body_not_raw`
 */
export function requireRawBody(body: unknown): asserts body is string | Uint8Array {
  if (typeof body === "string" || body instanceof Uint8Array) return;
  throw new WebhookUsageError(
    "body_not_raw",
    "The body must be the raw string or Uint8Array, kept from before any parsing: a signature covers its bytes.",
  );
}
