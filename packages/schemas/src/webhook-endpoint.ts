import { z } from "zod";
import { eventIdSchema, opaqueId, orgIdSchema } from "./ids.ts";
import { httpUrlSchema, text } from "./text.ts";
import { timestampSchema } from "./timestamp.ts";

/** The request to register a destination. @see spec/1.0/contract.md#webhook-endpoints */
export const webhookEndpointRequestSchema = z
  .looseObject({
    url: httpUrlSchema.meta({
      description: "URL to post to. Must be https; in a sandbox, http on loopback is also allowed.",
      examples: ["https://hooks.convergint.example/v1/webhooks/int_42"],
    }),
    org_id: orgIdSchema
      .nullish()
      .meta({ description: "Only this org's events. Absent means all orgs of the credential." }),
    event_types: z
      .array(
        text(1, 256).meta({
          description: "An event type of the vendor's catalogue.",
          examples: ["com.convergint.device.status_changed.v1"],
        }),
      )
      .nullish()
      .meta({
        description: "Only these types. Absent means all types.",
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
        description:
          "stopped: the destination answered 410 and gets no more deliveries. Absent means active.",
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
    description: "Signing secret. Shown only once.",
    examples: ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"],
    "x-requirement": "SEC-002",
  });

/** The response to a registration, the only one that shows the signing secret. */
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
      description: "The destinations, including stopped ones.",
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

/** The response to a rotation. The vendor signs with both secrets until `previous_expires_at`. */
export const rotatedSecretSchema = z
  .looseObject({
    secret: secretSchema,
    previous_expires_at: timestampSchema.meta({
      description: "Until when the vendor also signs with the previous secret.",
      "x-requirement": "SEC-010",
    }),
  })
  .meta({
    id: "RotatedSecret",
    description:
      "The new signing secret. The vendor also signs with the previous secret until `previous_expires_at`.",
    "x-requirement": "SEC-009",
  });
export type RotatedSecret = z.infer<typeof rotatedSecretSchema>;

/** The response to a ping: the id of the event. */
export const pingAcceptedSchema = z
  .looseObject({ event_id: eventIdSchema })
  .meta({ id: "PingAccepted", description: "The accepted ping event.", "x-requirement": "DLV-017" });
export type PingAccepted = z.infer<typeof pingAcceptedSchema>;
