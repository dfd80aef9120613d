import {
  pingAcceptedSchema,
  rotatedSecretSchema,
  webhookEndpointCreatedSchema,
  webhookEndpointListSchema,
  webhookEndpointRequestSchema,
} from "@convergint/schemas";
import * as example from "../examples/webhook-endpoints.ts";
import { using } from "../parameters.ts";
import { body, failures, json } from "../responses.ts";

const tags = ["Webhook endpoints"];

/** The paths that manage the destinations of events. */
export const webhookEndpointPaths = {
  "/v1/webhook-endpoints": {
    post: {
      operationId: "createWebhookEndpoint",
      summary: "Register a destination and receive its signing secret",
      description: "The vendor generates a different secret for each endpoint.",
      tags,
      requestBody: body(webhookEndpointRequestSchema, "The destination.", example.endpointRequest),
      responses: {
        201: json(
          webhookEndpointCreatedSchema,
          "Registered. The secret is shown only once.",
          example.endpointCreated,
        ),
        ...failures("BadRequest", "NotFound", "TooLarge", "UnsupportedMediaType"),
      },
    },
    get: {
      operationId: "listWebhookEndpoints",
      summary: "The registered destinations",
      description:
        "The destinations that this credential registered and has not deleted, without their secrets.",
      tags,
      responses: {
        200: json(webhookEndpointListSchema, "The destinations.", example.endpointList),
        ...failures("NotFound"),
      },
    },
  },
  "/v1/webhook-endpoints/{endpoint_id}": {
    parameters: using("EndpointId"),
    delete: {
      operationId: "deleteWebhookEndpoint",
      summary: "Remove a destination",
      description: "Afterwards, the vendor begins no delivery to this destination.",
      tags,
      responses: { 204: { description: "Removed." }, ...failures("NotFound") },
    },
  },
  "/v1/webhook-endpoints/{endpoint_id}/rotate-secret": {
    parameters: using("EndpointId"),
    post: {
      operationId: "rotateWebhookSecret",
      summary: "Replace the signing secret",
      description: "The vendor signs with both secrets for at least 24 hours, so that no delivery is lost.",
      tags,
      responses: {
        200: json(
          rotatedSecretSchema,
          "The new secret. The secret is shown only once.",
          example.rotatedSecret,
        ),
        ...failures("NotFound"),
      },
    },
  },
  "/v1/webhook-endpoints/{endpoint_id}/ping": {
    parameters: using("EndpointId"),
    post: {
      operationId: "pingWebhookEndpoint",
      summary: "Send a test event to the destination",
      description: "Posts a `com.convergint.webhook.ping.v1` event to this endpoint only.",
      tags,
      responses: {
        202: json(pingAcceptedSchema, "Accepted for delivery.", example.pingAccepted),
        ...failures("NotFound", "Conflict"),
      },
    },
  },
};
