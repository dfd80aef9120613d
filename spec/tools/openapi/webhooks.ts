import type { OpenAPIRegistry } from "@asteasolutions/zod-to-openapi";
import {
  deviceHeartbeatEventSchema,
  deviceStatusChangedEventSchema,
  EVENT_MEDIA_TYPE,
  eventSchema,
} from "@convergint/schemas";
import { z } from "zod";
import {
  badRequest,
  gone,
  tooLarge,
  tooManyRequests,
  unauthorized,
  unavailable,
  unsupportedMediaType,
} from "./responses.ts";

const signatureHeaders = z.object({
  "webhook-id": z.string().describe("Stable id of the delivery: for a single event, the event's id."),
  "webhook-timestamp": z.string().regex(/^\d+$/).describe("Unix seconds at which this attempt was signed."),
  "webhook-signature": z
    .string()
    .describe("Space-separated signatures: `v1,` and base64 of HMAC-SHA256 over `id.timestamp.body`."),
});

const webhooks = [
  ["deviceStatusChanged", "A device's status is now this", deviceStatusChangedEventSchema],
  ["deviceHeartbeat", "A device was heard from", deviceHeartbeatEventSchema],
  ["event", "Any other event of the catalogue", eventSchema],
] as const;

/** Declares the webhooks a vendor sends, with the answers a consumer may give. */
export function registerWebhooks(registry: OpenAPIRegistry): void {
  for (const [name, summary, schema] of webhooks) {
    registry.registerWebhook({
      method: "post",
      path: name,
      operationId: `receive${name[0]?.toUpperCase()}${name.slice(1)}`,
      summary,
      tags: ["Events"],
      security: [],
      request: {
        headers: signatureHeaders,
        body: { required: true, content: { [EVENT_MEDIA_TYPE]: { schema } } },
      },
      responses: {
        204: { description: "Stored. The same answer is given to the same event again." },
        400: badRequest,
        401: unauthorized,
        410: gone,
        413: tooLarge,
        415: unsupportedMediaType,
        429: tooManyRequests,
        503: unavailable,
      },
    });
  }
}
