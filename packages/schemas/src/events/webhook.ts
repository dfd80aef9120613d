import type { z } from "zod";
import { eventDataSchema, eventOf } from "../event.ts";
import { opaqueId, siteIdSchema } from "../ids.ts";
import type { EventFamilyDescriptor } from "./event-family.ts";

export const WEBHOOK_PING = "com.convergint.webhook.ping.v1";

/** A test delivery to an endpoint. @see spec/1.0/contract.md#webhook-endpoints */
export const webhookPingEventSchema = eventOf(
  WEBHOOK_PING,
  eventDataSchema
    .extend({
      site_id: siteIdSchema.meta({ description: "Any site of the org.", "x-requirement": "EVT-003" }),
      endpoint_id: opaqueId()
        .nullish()
        .meta({ description: "The tested endpoint.", examples: ["we_3k9d"] }),
    })
    .meta({ id: "WebhookPingData", description: "The tested endpoint." }),
).meta({
  id: "WebhookPingEvent",
  description: "A test delivery to an endpoint. It reports no real event.",
  "x-requirement": "EVT-002",
});
export type WebhookPingEvent = z.infer<typeof webhookPingEventSchema>;

export const webhookFamily = {
  name: "webhook",
  requirement: null,
  subject: "org",
  deviceTypes: [],
  types: {
    [WEBHOOK_PING]: {
      schema: webhookPingEventSchema,
      sample: { required: {}, optional: { endpoint_id: "we_3k9d" } },
    },
  },
  sequences: [],
  pairedBy: null,
} as const satisfies EventFamilyDescriptor;
