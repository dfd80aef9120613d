import type { IncomingMessage, ServerResponse } from "node:http";
import { readBounded, toTooLargeRefusal } from "./bounded-body.ts";
import { createWebhookReceiver, type WebhookHandlerOptions } from "./handler.ts";
import { RefusedDeliveryError } from "./response.ts";

export type { WebhookHandlerOptions } from "./handler.ts";
export type { Refusal, RefusalCode } from "./response.ts";
export type { ValidationOptions } from "./validation.ts";

/** A request of `node:http`, Express or Connect, with the properties that middleware may add. */
export type NodeRequest = IncomingMessage & { readonly body?: unknown; readonly rawBody?: unknown };

const ADVICE =
  "Register this route before express.json() or bodyParser, or give it express.raw({ type: '*/*' }).";

/** A stream of Node with the bytes of a body. */
export type RawStream = AsyncIterable<Uint8Array> & { readonly readableDidRead: boolean };

const encoder = new TextEncoder();

/**
 * Reads the raw body of a request, either from its stream or from middleware that kept the bytes.
 *
 * @param kept what middleware kept of the body; used only if the stream was already read
 * @param advice what to do if the stream was read and the bytes were not kept
 * @throws {RefusedDeliveryError} `body_already_parsed`, `payload_too_large`, `body_cut_off`
 */
export async function readRawBody(
  stream: RawStream,
  kept: unknown,
  maxBodyBytes: number,
  advice: string,
): Promise<Uint8Array> {
  // Checks `readableDidRead`, not `kept`: some parsers set `body` to an empty object without reading.
  if (!stream.readableDidRead) return readBounded(stream, maxBodyBytes);
  const bytes = typeof kept === "string" ? encoder.encode(kept) : kept;
  if (!(bytes instanceof Uint8Array)) {
    throw new RefusedDeliveryError(
      "body_already_parsed",
      `The body was already read, but a signature covers its bytes. ${advice}`,
    );
  }
  if (bytes.length > maxBodyBytes) throw toTooLargeRefusal(maxBodyBytes);
  return bytes;
}

/**
 * Creates a webhook endpoint for `node:http`, Express or Connect.
 *
 * @returns a request listener that is also a route handler; its promise never rejects
 * @throws {WebhookUsageError} `no_keys`, `too_many_keys`, `invalid_key`, `invalid_tolerance`, `invalid_replay`,
 *   `invalid_validation`
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
      readBody: (maxBodyBytes) => readRawBody(request, request.rawBody ?? request.body, maxBodyBytes, ADVICE),
    });
    // If part of the body is unread, the rest stays in the connection. The connection then cannot be reused.
    const unread = !request.complete;
    response.writeHead(status, { ...headers, ...(unread && { connection: "close" }) });
    response.end(body, () => {
      if (unread) request.destroy();
    });
  };
}
