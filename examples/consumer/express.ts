import { createWebhookHandler } from "@convergint/webhooks/node";
import express, { type Express } from "express";
import { readSecrets, storeEvent } from "./service.ts";

/** An Express service that parses every body as JSON before its routes. */
export function createApp(): Express {
  const app = express();
  app.use(
    express.json({
      type: () => true,
      // Two lines for webhooks: the parser keeps the bytes that the signature covers, and takes the largest event.
      verify: (request, _response, bytes) => Object.assign(request, { rawBody: bytes }),
      limit: "256kb",
    }),
  );
  app.post("/notes", (request, response) => {
    response.json({ noted: request.body });
  });

  app.post("/webhooks/vendor", createWebhookHandler({ keys: readSecrets(), onWebhook: storeEvent }));
  return app;
}
