import { createWebhookPlugin } from "@convergint/webhooks/fastify";
import Fastify, { type FastifyInstance } from "fastify";
import { readSecrets, storeEvent } from "./service.ts";

/** A Fastify service that parses every body as JSON. */
export function createApp(): FastifyInstance {
  const app = Fastify();
  app.addContentTypeParser("*", { parseAs: "string" }, (_request, body, done) => {
    done(null, JSON.parse(String(body)));
  });
  app.post("/notes", async ({ body }) => ({ noted: body }));

  // The plugin's own parser applies only to its route.
  app.register(createWebhookPlugin({ path: "/webhooks/vendor", keys: readSecrets(), onWebhook: storeEvent }));
  return app;
}
