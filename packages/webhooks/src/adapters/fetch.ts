import { readBounded } from "./bounded-body.ts";
import { createWebhookReceiver, type WebhookHandlerOptions } from "./handler.ts";
import { RefusedDeliveryError } from "./response.ts";

export type { WebhookHandlerOptions } from "./handler.ts";
export type { Refusal, RefusalCode } from "./response.ts";
export type { ValidationOptions } from "./validation.ts";

/**
 * Creates a webhook endpoint for the Fetch API: Hono, Next.js route handlers, Cloudflare Workers, Deno, Bun.
 *
 * @returns a function from `Request` to `Response`; it never rejects
 * @throws {WebhookUsageError} `no_keys`, `too_many_keys`, `invalid_key`, `invalid_tolerance`, `invalid_replay`,
 *   `invalid_validation`
 * @see spec/1.0/contract.md#receiving
 */
export function createWebhookHandler<Event>(
  options: WebhookHandlerOptions<Event>,
): (request: Request) => Promise<Response> {
  const receive = createWebhookReceiver(options);
  return async (request) => {
    const { status, headers, body } = await receive({
      method: request.method,
      headers: request.headers,
      readBody(maxBodyBytes) {
        if (request.bodyUsed) {
          throw new RefusedDeliveryError(
            "body_already_parsed",
            "The body was already read. Pass the request before calling request.json() or request.text(), or pass request.clone().",
          );
        }
        return request.body ? readBounded(request.body, maxBodyBytes) : new Uint8Array();
      },
    });
    return new Response(body, { status, headers });
  };
}
