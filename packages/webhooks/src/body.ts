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
    "The body must be the string or Uint8Array that travels, kept from before any parsing (an ArrayBuffer goes in as new Uint8Array(buffer)): a signature covers bytes, and JSON made anew from an object has others.",
  );
}
