import type { IncomingMessage, ServerResponse } from "node:http";
import { readBounded, toTooLargeRefusal } from "./bounded-body.ts";
import { createWebhookReceiver, type WebhookHandlerOptions } from "./handler.ts";
import { RefusedDeliveryError } from "./response.ts";

export type { WebhookHandlerOptions } from "./handler.ts";
export type { Refusal, RefusalCode } from "./response.ts";

/** A request of `node:http`, Express or Connect, with the properties that middleware may add. */
export type NodeRequest = IncomingMessage & { readonly body?: unknown; readonly rawBody?: unknown };

const encoder = new TextEncoder();

/**
 * Reads the raw body of a Node request, either from the socket or from middleware that kept the bytes.
 *
 * @throws {RefusedDeliveryError} `body_already_parsed`, `payload_too_large`, `body_cut_off`
 */
export async function readNodeBody(request: NodeRequest, maxBodyBytes: number): Promise<Uint8Array> {
  // Checks `readableDidRead`, not `body`: some parsers set `body` to an empty object without reading.
  if (!request.readableDidRead) return readBounded(request, maxBodyBytes);
  const kept = request.rawBody ?? request.body;
  const bytes = typeof kept === "string" ? encoder.encode(kept) : kept;
  if (!(bytes instanceof Uint8Array)) {
    throw new RefusedDeliveryError(
      "body_already_parsed",
      "The body was already parsed, but a signature covers bytes. Register this route before express.json() or bodyParser, or give it express.raw({ type: '*/*' }).",
    );
  }
  if (bytes.length > maxBodyBytes) throw toTooLargeRefusal(maxBodyBytes);
  return bytes;
}

/**
 * Creates a webhook endpoint for `node:http`, Express or Connect.
 *
 * @returns a request listener that is also a route handler; its promise never rejects
 * @throws {WebhookUsageError} `no_keys`, `too_many_keys`, `invalid_key`, `invalid_tolerance`, `invalid_replay`
 * @see spec/1.0/contract.md#receiving
 */
export function createWebhookHandler<Event>(
  options: WebhookHandlerOptions<Event>,
): (request: NodeRequest, response: ServerResponse) => Promise<void> {
  const receive = createWebhookReceiver(options);
  return async (request, response) => {
    const { status, headers, body } = await receive({
      method: request.method ?? "",
      headers: request.headers,
      contentType: request.headers["content-type"],
      readBody: (maxBodyBytes) => readNodeBody(request, maxBodyBytes),
    });
    // If part of the body is unread, the rest stays in the connection. The connection then cannot be reused.
    const unread = !request.complete;
    response.writeHead(status, { ...headers, ...(unread && { connection: "close" }) });
    response.end(body, () => {
      if (unread) request.destroy();
    });
  };
}
