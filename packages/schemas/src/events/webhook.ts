import type { z } from "zod";
import { eventDataSchema, eventOf } from "../event.ts";
import { opaqueId, siteIdSchema } from "../ids.ts";

export const WEBHOOK_PING = "com.convergint.webhook.ping.v1";

/** A test of a destination: nothing happened. @see spec/1.0/contract.md#webhook-endpoints */
export const webhookPingEventSchema = eventOf(
  WEBHOOK_PING,
  eventDataSchema
    .extend({
      site_id: siteIdSchema.meta({ description: "Any site of the org.", "x-requirement": "EVT-003" }),
      endpoint_id: opaqueId()
        .nullish()
        .meta({ description: "The endpoint that is tested.", examples: ["we_3k9d"] }),
    })
    .meta({ id: "WebhookPingData", description: "The endpoint that is tested." }),
).meta({
  id: "WebhookPingEvent",
  description: "A test of a destination; nothing happened.",
  "x-requirement": "EVT-002",
});
export type WebhookPingEvent = z.infer<typeof webhookPingEventSchema>;
