import { z } from "zod";
import { httpUrlSchema } from "./http-url.ts";
import { eventIdSchema, opaqueId, orgIdSchema } from "./ids.ts";
import { text } from "./text.ts";
import { timestampSchema } from "./timestamp.ts";

/** What a consumer sends to register a destination. @see spec/1.0/contract.md#webhook-endpoints */
export const webhookEndpointRequestSchema = z
  .looseObject({
    url: httpUrlSchema.meta({
      description: "Where to post. https, but for loopback in a sandbox.",
      examples: ["https://hooks.convergint.example/v1/webhooks/int_42"],
    }),
    org_id: orgIdSchema
      .nullish()
      .meta({ description: "Only this org's events; all of the credential's orgs where absent." }),
    event_types: z
      .array(
        text(1, 256).meta({
          description: "An event type of the vendor's catalogue.",
          examples: ["com.convergint.device.status_changed.v1"],
        }),
      )
      .nullish()
      .meta({
        description: "Only these types; all where absent.",
        examples: [["com.convergint.device.status_changed.v1"]],
      }),
  })
  .meta({ id: "WebhookEndpointRequest", description: "A destination to register." });
export type WebhookEndpointRequest = z.infer<typeof webhookEndpointRequestSchema>;

/** A registered destination, without its secret. */
export const webhookEndpointSchema = webhookEndpointRequestSchema
  .extend({
    endpoint_id: opaqueId().meta({ description: "Id of the endpoint.", examples: ["we_3k9d"] }),
    created_at: timestampSchema.meta({ description: "When the destination was registered." }),
    state: z
      .enum(["active", "stopped"], "Send active or stopped.")
      .nullish()
      .meta({
        description: "stopped: the destination answered 410 and gets nothing more. Absent means active.",
        examples: ["active"],
      }),
    stopped_reason: text(0, 256)
      .nullish()
      .meta({ description: "Why the endpoint was stopped.", examples: ["gone"] }),
  })
  .meta({ id: "WebhookEndpoint", description: "A registered destination.", "x-requirement": "DLV-018" });
export type WebhookEndpoint = z.infer<typeof webhookEndpointSchema>;

const secretSchema = z
  .string("Send whsec_ and the base64 of the secret's bytes.")
  .regex(/^whsec_/, "Send whsec_ and the base64 of the secret's bytes.")
  .meta({
    description: "Signing secret. Shown this once.",
    examples: ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"],
    "x-requirement": "SEC-002",
  });

/** The answer to a registration: the only time the signing secret is shown. */
export const webhookEndpointCreatedSchema = webhookEndpointSchema.extend({ secret: secretSchema }).meta({
  id: "WebhookEndpointCreated",
  description: "A registered destination with its signing secret.",
  "x-requirement": "SEC-002",
});
export type WebhookEndpointCreated = z.infer<typeof webhookEndpointCreatedSchema>;

/** A list of registered destinations. */
export const webhookEndpointListSchema = z
  .looseObject({
    data: z.array(webhookEndpointSchema).meta({
      description: "The destinations, stopped ones included.",
      examples: [
        [
          {
            endpoint_id: "we_3k9d",
            url: "https://hooks.convergint.example/v1/webhooks/int_42",
            created_at: "2026-11-23T08:30:00Z",
          },
        ],
      ],
    }),
  })
  .meta({
    id: "WebhookEndpointList",
    description: "The credential's registered destinations.",
    "x-requirement": "DLV-018",
  });
export type WebhookEndpointList = z.infer<typeof webhookEndpointListSchema>;

/** The answer to a rotation. Both secrets sign until `previous_expires_at`. */
export const rotatedSecretSchema = z
  .looseObject({
    secret: secretSchema,
    previous_expires_at: timestampSchema.meta({
      description: "Until when the previous secret signs beside the new one.",
      "x-requirement": "SEC-010",
    }),
  })
  .meta({
    id: "RotatedSecret",
    description: "The new signing secret; the old one signs beside it for a while.",
    "x-requirement": "SEC-009",
  });
export type RotatedSecret = z.infer<typeof rotatedSecretSchema>;

/** The answer to a ping: the id of the event that was sent. */
export const pingAcceptedSchema = z
  .looseObject({ event_id: eventIdSchema })
  .meta({ id: "PingAccepted", description: "The event that is on its way.", "x-requirement": "DLV-017" });
export type PingAccepted = z.infer<typeof pingAcceptedSchema>;
