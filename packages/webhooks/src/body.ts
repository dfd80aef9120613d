import { WebhookUsageError } from "./errors.ts";

/**
 * Throws unless a body is raw bytes or text.
 *
 * @throws {WebhookUsageError} `body_not_raw`
 */
export function requireRawBody(body: unknown): asserts body is string | Uint8Array {
  if (typeof body === "string" || body instanceof Uint8Array) return;
  throw new WebhookUsageError(
    "body_not_raw",
    "The body must be the raw string or Uint8Array, not parsed: a signature covers bytes.",
  );
}
