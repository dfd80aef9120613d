import { WebhookUsageError } from "../errors.ts";
import type { WebhookResponse } from "./response.ts";

/**
 * Which senders may validate the endpoint before their first delivery. A validation says only that the endpoint expects
 * deliveries; every delivery is still verified.
 *
 * @see https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/http-webhook.md#4-abuse-protection
 */
export interface ValidationOptions {
  /** The origins as the senders write them, such as `eventgrid.azure.net`; `"*"` for every sender. */
  readonly origins: readonly string[] | "*";
  /** How many requests a minute each sender may make; a whole number. Default: no limit (`*`). */
  readonly ratePerMinute?: number;
}

const NAME = /^[\w-]+(\.[\w-]+)*$/;

/** @throws {WebhookUsageError} `invalid_validation` */
export function requireValidation({ origins, ratePerMinute = 1 }: ValidationOptions): void {
  const names = origins === "*" ? ["any"] : origins;
  if (!(names.length > 0 && names.every((name) => NAME.test(name))))
    throw new WebhookUsageError(
      "invalid_validation",
      'Invalid validation.origins: list host names such as eventgrid.azure.net, without https://, or use "*".',
    );
  if (!(Number.isInteger(ratePerMinute) && ratePerMinute > 0))
    throw new WebhookUsageError(
      "invalid_validation",
      "Invalid validation.ratePerMinute: use a whole number of at least 1, or omit it for no limit.",
    );
}

/**
 * Answers a validation request of CloudEvents.
 *
 * @param origin the request's `WebHook-Request-Origin`, `""` if absent
 * @returns the permission; `null` if this origin may not deliver
 */
export function answerValidation(
  { origins, ratePerMinute }: ValidationOptions,
  origin: string,
): WebhookResponse | null {
  // Sends back the configured name, never the text of the request.
  const allowed =
    origins === "*" ? origin && "*" : origins.find((name) => name.toLowerCase() === origin.toLowerCase());
  if (!allowed) return null;
  return {
    status: 200,
    headers: {
      allow: "POST",
      "webhook-allowed-origin": allowed,
      "webhook-allowed-rate": String(ratePerMinute ?? "*"),
    },
    body: null,
  };
}
