import type { OpenAPIRegistry } from "@asteasolutions/zod-to-openapi";
import {
  deviceIdSchema,
  devicePageSchema,
  deviceSchema,
  eventCatalogSchema,
  MANIFEST_PATH,
  manifestSchema,
  orgIdSchema,
  orgPageSchema,
  pingAcceptedSchema,
  rotatedSecretSchema,
  sandboxEventCommandSchema,
  sandboxStatusCommandSchema,
  siteIdSchema,
  sitePageSchema,
  webhookEndpointCreatedSchema,
  webhookEndpointListSchema,
  webhookEndpointRequestSchema,
} from "@convergint/schemas";
import { z } from "zod";
import { badRequest, gone, json, notFound, tooManyRequests, unauthorized } from "./responses.ts";

const paging = {
  limit: z.coerce.number().int().min(1).optional().meta({
    description: "At most this many items a page. Default 100; at least 500 is honoured.",
    type: "integer",
  }),
  cursor: z.string().optional().describe("The previous page's `next_cursor`."),
};
const device = z.object({ device_id: deviceIdSchema });
const endpoint = z.object({ endpoint_id: z.string().min(1).max(256) });
const body = (schema: z.ZodType) => ({ required: true, content: { "application/json": { schema } } });

/** Declares every call a vendor serves. */
export function registerPaths(registry: OpenAPIRegistry): void {
  registry.registerPath({
    method: "get",
    path: MANIFEST_PATH,
    operationId: "getManifest",
    summary: "The manifest",
    tags: ["Discovery"],
    security: [],
    responses: { 200: json(manifestSchema, "What this vendor's cloud offers."), 404: notFound },
  });
  registry.registerPath({
    method: "get",
    path: "/v1/orgs",
    operationId: "listOrgs",
    summary: "The orgs this credential may see",
    tags: ["Inventory"],
    request: { query: z.object(paging) },
    responses: {
      200: json(orgPageSchema, "A page of orgs."),
      400: badRequest,
      401: unauthorized,
      410: gone,
      429: tooManyRequests,
    },
  });
  registry.registerPath({
    method: "get",
    path: "/v1/sites",
    operationId: "listSites",
    summary: "Sites, all or of one org",
    tags: ["Inventory"],
    request: { query: z.object({ org_id: orgIdSchema.optional(), ...paging }) },
    responses: {
      200: json(sitePageSchema, "A page of sites."),
      400: badRequest,
      401: unauthorized,
      404: notFound,
      410: gone,
      429: tooManyRequests,
    },
  });
  registry.registerPath({
    method: "get",
    path: "/v1/devices",
    operationId: "listDevices",
    summary: "Devices, all or of one org or site",
    tags: ["Inventory"],
    request: {
      query: z.object({
        org_id: orgIdSchema.optional(),
        site_id: siteIdSchema.optional(),
        since: z.string().optional().describe("A `sync_token`: only what changed after it."),
        ...paging,
      }),
    },
    responses: {
      200: json(devicePageSchema, "A page of devices."),
      400: badRequest,
      401: unauthorized,
      404: notFound,
      410: gone,
      429: tooManyRequests,
    },
  });
  registry.registerPath({
    method: "get",
    path: "/v1/devices/{device_id}",
    operationId: "getDevice",
    summary: "One device",
    tags: ["Inventory"],
    request: { params: device },
    responses: {
      200: json(deviceSchema, "The device."),
      401: unauthorized,
      404: notFound,
      429: tooManyRequests,
    },
  });
  registry.registerPath({
    method: "get",
    path: "/v1/event-catalog",
    operationId: "getEventCatalog",
    summary: "The event types this vendor can publish",
    tags: ["Discovery"],
    responses: { 200: json(eventCatalogSchema, "The catalogue."), 401: unauthorized, 404: notFound },
  });
  registry.registerPath({
    method: "post",
    path: "/v1/webhook-endpoints",
    operationId: "createWebhookEndpoint",
    summary: "Register a destination and receive its signing secret",
    tags: ["Webhook endpoints"],
    request: { body: body(webhookEndpointRequestSchema) },
    responses: {
      201: json(webhookEndpointCreatedSchema, "Registered. The secret is shown this once."),
      400: badRequest,
      401: unauthorized,
      404: notFound,
    },
  });
  registry.registerPath({
    method: "get",
    path: "/v1/webhook-endpoints",
    operationId: "listWebhookEndpoints",
    summary: "The registered destinations",
    tags: ["Webhook endpoints"],
    responses: {
      200: json(webhookEndpointListSchema, "The destinations."),
      401: unauthorized,
      404: notFound,
    },
  });
  registry.registerPath({
    method: "delete",
    path: "/v1/webhook-endpoints/{endpoint_id}",
    operationId: "deleteWebhookEndpoint",
    summary: "Remove a destination",
    tags: ["Webhook endpoints"],
    request: { params: endpoint },
    responses: { 204: { description: "Removed." }, 401: unauthorized, 404: notFound },
  });
  registry.registerPath({
    method: "post",
    path: "/v1/webhook-endpoints/{endpoint_id}/rotate-secret",
    operationId: "rotateWebhookSecret",
    summary: "Replace the signing secret, the old one signing beside it for a while",
    tags: ["Webhook endpoints"],
    request: { params: endpoint },
    responses: { 200: json(rotatedSecretSchema, "The new secret."), 401: unauthorized, 404: notFound },
  });
  registry.registerPath({
    method: "post",
    path: "/v1/webhook-endpoints/{endpoint_id}/ping",
    operationId: "pingWebhookEndpoint",
    summary: "Send a test event to the destination",
    tags: ["Webhook endpoints"],
    request: { params: endpoint },
    responses: { 202: json(pingAcceptedSchema, "On its way."), 401: unauthorized, 404: notFound },
  });
  registry.registerPath({
    method: "post",
    path: "/sandbox/devices/{device_id}/status",
    operationId: "setSandboxDeviceStatus",
    summary: "Make a sandbox device's status become this",
    description: "Below the manifest's `sandbox.control_url`; `/sandbox` stands for it here.",
    tags: ["Sandbox control"],
    request: { params: device, body: body(sandboxStatusCommandSchema) },
    responses: {
      200: json(deviceSchema, "The device as it is now."),
      400: badRequest,
      401: unauthorized,
      404: notFound,
    },
  });
  registry.registerPath({
    method: "post",
    path: "/sandbox/devices/{device_id}/events",
    operationId: "publishSandboxEvent",
    summary: "Make a sandbox device publish an event of a catalogued type",
    description: "Below the manifest's `sandbox.control_url`; `/sandbox` stands for it here.",
    tags: ["Sandbox control"],
    request: { params: device, body: body(sandboxEventCommandSchema) },
    responses: {
      202: json(pingAcceptedSchema, "On its way."),
      400: badRequest,
      401: unauthorized,
      404: notFound,
    },
  });
}
