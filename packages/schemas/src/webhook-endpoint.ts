import { z } from "zod";
import { orgIdSchema } from "./ids.ts";
import { timestampSchema } from "./timestamp.ts";

/** What a consumer sends to register a destination. @see spec/1.0/contract.md#webhook-endpoints */
export const webhookEndpointRequestSchema = z
  .looseObject({
    url: z.url({ protocol: /^https?$/ }).describe("Where to post. https, but for loopback in a sandbox."),
    org_id: orgIdSchema
      .nullish()
      .describe("Only this org's events; all of the credential's orgs where absent."),
    event_types: z.array(z.string().min(1)).nullish().describe("Only these types; all where absent."),
  })
  .meta({ id: "WebhookEndpointRequest", description: "A destination to register." });
export type WebhookEndpointRequest = z.infer<typeof webhookEndpointRequestSchema>;

/** A registered destination, without its secret. */
export const webhookEndpointSchema = webhookEndpointRequestSchema
  .extend({ endpoint_id: z.string().min(1).max(256), created_at: timestampSchema })
  .meta({ id: "WebhookEndpoint", description: "A registered destination." });
export type WebhookEndpoint = z.infer<typeof webhookEndpointSchema>;

/** The answer to a registration: the only time the signing secret is shown. */
export const webhookEndpointCreatedSchema = webhookEndpointSchema
  .extend({ secret: z.string().startsWith("whsec_").describe("Signing secret. Shown this once.") })
  .meta({ id: "WebhookEndpointCreated", description: "A registered destination with its signing secret." });
export type WebhookEndpointCreated = z.infer<typeof webhookEndpointCreatedSchema>;

/** A list of registered destinations. */
export const webhookEndpointListSchema = z
  .looseObject({ data: z.array(webhookEndpointSchema) })
  .meta({ id: "WebhookEndpointList", description: "The credential's registered destinations." });

/** The answer to a rotation. Both secrets sign until `previous_expires_at`. */
export const rotatedSecretSchema = z
  .looseObject({ secret: z.string().startsWith("whsec_"), previous_expires_at: timestampSchema })
  .meta({
    id: "RotatedSecret",
    description: "The new signing secret; the old one signs beside it for a while.",
  });
export type RotatedSecret = z.infer<typeof rotatedSecretSchema>;

/** The answer to a ping: the id of the event that was sent. */
export const pingAcceptedSchema = z
  .looseObject({ event_id: z.string().min(1).max(256) })
  .meta({ id: "PingAccepted", description: "The ping event on its way." });
export type PingAccepted = z.infer<typeof pingAcceptedSchema>;
