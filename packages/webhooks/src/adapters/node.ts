import type { IncomingMessage, ServerResponse } from "node:http";
import { RefusedDeliveryError } from "./answer.ts";
import { readBounded, tooLarge } from "./bounded-body.ts";
import { createWebhookReceiver, type WebhookHandlerOptions } from "./handler.ts";

export type { Refusal, RefusalCode } from "./answer.ts";
export type { WebhookHandlerOptions } from "./handler.ts";

/** A request of `node:http`, Express or Connect, with what other middleware may have put on it. */
export type NodeRequest = IncomingMessage & { readonly body?: unknown; readonly rawBody?: unknown };

const encoder = new TextEncoder();

/**
 * The raw body of a Node request: read from the socket, or left by a middleware that keeps bytes.
 *
 * @throws {RefusedDeliveryError} `body_already_parsed`, `too_large`, `body_cut_off`
 */
export async function readNodeBody(request: NodeRequest, maxBodyBytes: number): Promise<Uint8Array> {
  // Whether somebody has read decides, and not `body`: some parsers leave an empty object without having read.
  if (!request.readableDidRead) return readBounded(request, maxBodyBytes);
  const kept = request.rawBody ?? request.body;
  const bytes = typeof kept === "string" ? encoder.encode(kept) : kept;
  if (!(bytes instanceof Uint8Array)) {
    throw new RefusedDeliveryError(
      "body_already_parsed",
      "The body was parsed before it could be verified, and a signature covers bytes. Register this route before express.json() or bodyParser, or give it express.raw({ type: '*/*' }).",
    );
  }
  if (bytes.length > maxBodyBytes) throw tooLarge(maxBodyBytes);
  return bytes;
}

/**
 * Makes a webhook endpoint of `node:http`, Express or Connect.
 *
 * @returns a request listener that is also a route handler; what it resolves to means nothing, and it never rejects
 * @throws {WebhookUsageError} `no_keys`, `too_many_keys`, `invalid_key`, `invalid_tolerance`
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
    // What was not read to its end stays in the connection, which no further request can use then.
    const unread = !request.complete;
    response.writeHead(status, { ...headers, ...(unread && { connection: "close" }) });
    response.end(body, () => {
      if (unread) request.destroy();
    });
  };
}
