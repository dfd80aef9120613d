import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from "fastify";
import { createWebhookReceiver, type WebhookHandlerOptions } from "./handler.ts";
import { type RawStream, readRawBody } from "./node.ts";

export type { WebhookHandlerOptions } from "./handler.ts";
export type { Refusal, RefusalCode } from "./response.ts";
export type { ValidationOptions } from "./validation.ts";

const ADVICE =
  "A preParsing hook that reads the payload must return a new stream with the same bytes. Or register fastify-raw-body, which keeps them.";

/** Options of the plugin. */
export type WebhookPluginOptions<Event = unknown> = WebhookHandlerOptions<Event> & {
  /** The route, relative to the plugin's prefix. */
  readonly path: string;
};

/**
 * Creates a Fastify plugin that serves a webhook endpoint. The plugin's content type parsers apply only to
 * its own route: the rest of the server still parses JSON.
 *
 * @returns a plugin for `fastify.register`
 * @throws {WebhookUsageError} `no_keys`, `too_many_keys`, `invalid_key`, `invalid_tolerance`, `invalid_replay`,
 *   `invalid_validation`
 * @see spec/1.0/contract.md#receiving
 */
export function createWebhookPlugin<Event>({
  path,
  ...options
}: WebhookPluginOptions<Event>): FastifyPluginAsync {
  const receive = createWebhookReceiver(options as WebhookHandlerOptions<Event>);
  return async (instance) => {
    // Leaves the body unread, so that the raw bytes are verified. A preParsing hook may have replaced the
    // request's stream, so this passes on the stream of the hook.
    instance.removeAllContentTypeParsers();
    instance.addContentTypeParser("*", (_request, payload, done) => done(null, payload));
    const method = options.validation ? ["POST", "OPTIONS"] : "POST";
    const handler = async (request: FastifyRequest, reply: FastifyReply) => {
      const { raw, body: payload, rawBody } = request as FastifyRequest & { readonly rawBody?: unknown };
      const { status, headers, body } = await receive({
        method: raw.method ?? "",
        headers: raw.headers,
        readBody: (maxBodyBytes) => readRawBody((payload ?? raw) as RawStream, rawBody, maxBodyBytes, ADVICE),
      });
      reply.code(status);
      // Closes the connection if part of the body is unread, because the unread part makes reuse impossible.
      reply.headers({ ...headers, ...(!raw.complete && { connection: "close" }) });
      // Sends bytes, because Fastify adds a charset to the media type of text.
      return reply.send(body === null ? undefined : Buffer.from(body));
    };
    instance.route({ method, url: path, handler });
  };
}
