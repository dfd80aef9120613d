import type { FastifyPluginAsync } from "fastify";
import { createWebhookReceiver, type WebhookHandlerOptions } from "./handler.ts";
import { readNodeBody } from "./node.ts";

export type { Refusal, RefusalCode } from "./answer.ts";
export type { WebhookHandlerOptions } from "./handler.ts";

/** Where the endpoint is, and how it works. */
export type WebhookPluginOptions<Event = unknown> = WebhookHandlerOptions<Event> & {
  /** The route, below the plugin's prefix. */
  readonly path: string;
};

/**
 * Makes a Fastify plugin that serves a webhook endpoint. Its content type parsers are its own: the rest of the server goes
 * on parsing JSON.
 *
 * @returns what `fastify.register` takes
 * @throws {WebhookUsageError} `no_keys`, `too_many_keys`, `invalid_key`, `invalid_tolerance`
 * @see spec/1.0/contract.md#receiving
 */
export function createWebhookPlugin<Event>({
  path,
  ...options
}: WebhookPluginOptions<Event>): FastifyPluginAsync {
  const receive = createWebhookReceiver(options as WebhookHandlerOptions<Event>);
  return async (instance) => {
    // Left unread, so that what is verified are the bytes that came.
    instance.removeAllContentTypeParsers();
    instance.addContentTypeParser("*", (_request, _payload, done) => done(null));
    instance.post(path, async ({ raw }, reply) => {
      const { status, headers, body } = await receive({
        method: raw.method ?? "",
        headers: raw.headers,
        contentType: raw.headers["content-type"],
        readBody: (maxBodyBytes) => readNodeBody(raw, maxBodyBytes),
      });
      reply.code(status);
      // What was not read to its end stays in the connection, which no further request can use then.
      reply.headers({ ...headers, ...(!raw.complete && { connection: "close" }) });
      // As bytes: Fastify would add a charset to the media type of a text.
      return reply.send(body === null ? undefined : Buffer.from(body));
    });
  };
}
