import {
  deviceSchema,
  eventCatalogSchema,
  eventPageSchema,
  MANIFEST_PATH,
  manifestSchema,
  orgPageSchema,
  pingAcceptedSchema,
  rotatedSecretSchema,
  sandboxDeviceCommandSchema,
  sandboxEventCommandSchema,
  sandboxMoveCommandSchema,
  sandboxStatusCommandSchema,
  sitePageSchema,
  webhookEndpointCreatedSchema,
  webhookEndpointListSchema,
  webhookEndpointRequestSchema,
} from "@convergint/schemas";
import * as example from "./examples.ts";
import {
  camera,
  deviceChangePage,
  devicePage,
  eventCatalog,
  eventPage,
  manifest,
  OTHER_SITE_ID,
  orgPage,
  pingAccepted,
  SITE_ID,
  sitePage,
} from "./examples.ts";
import { using } from "./parameters.ts";
import { body, failures, json, shared, withHeaders } from "./responses.ts";
import { deliveryCallback } from "./webhooks.ts";

/** The paths that describe the vendor's cloud. */
export const discoveryPaths = {
  [MANIFEST_PATH]: {
    get: {
      operationId: "getManifest",
      summary: "The manifest",
      description: "What this vendor's cloud offers. Needs no credential.",
      tags: ["Discovery"],
      security: [],
      responses: {
        200: json(manifestSchema, "What this vendor's cloud offers.", manifest),
        ...shared("NotFound", "TooManyRequests", "InternalError", "Unavailable"),
      },
    },
  },
  "/v1/event-catalog": {
    get: {
      operationId: "getEventCatalog",
      summary: "The event types that this vendor can publish",
      description: "Lists exactly the event types of the manifest, and says what each type means.",
      tags: ["Discovery"],
      responses: { 200: json(eventCatalogSchema, "The catalogue.", eventCatalog), ...failures("NotFound") },
    },
  },
};

/** The paths of orgs, sites and devices. */
export const inventoryPaths = {
  "/v1/orgs": {
    get: {
      operationId: "listOrgs",
      summary: "The orgs that this credential may see",
      description: "Every customer account that the credential was issued for.",
      tags: ["Inventory"],
      parameters: using("Limit", "Cursor", "IfNoneMatch"),
      responses: {
        200: json(orgPageSchema, "A page of orgs.", orgPage, "ETag"),
        ...failures("NotModified", "BadRequest", "Gone"),
      },
    },
  },
  "/v1/sites": {
    get: {
      operationId: "listSites",
      summary: "All sites, or the sites of one org",
      description: "Places with devices, including places that have no devices yet.",
      tags: ["Inventory"],
      parameters: using("OrgFilter", "Limit", "Cursor", "IfNoneMatch"),
      responses: {
        200: json(sitePageSchema, "A page of sites.", sitePage, "ETag"),
        ...failures("NotModified", "BadRequest", "NotFound", "Gone"),
      },
    },
  },
  "/v1/devices": {
    get: {
      operationId: "listDevices",
      summary: "All devices, the devices of one org, site or system, or only changes",
      description:
        "Without `since`, lists the complete inventory, each device with its latest known status. With `since`, lists the devices that were added, changed or removed after the earlier listing that returned the token.",
      tags: ["Inventory"],
      parameters: using("OrgFilter", "SiteFilter", "SystemFilter", "Since", "Limit", "Cursor", "IfNoneMatch"),
      responses: {
        200: {
          description: "A page of devices; with `since`, a page of changes.",
          headers: withHeaders("ETag", "Deprecation", "Sunset"),
          content: {
            "application/json": {
              schema: { $ref: "#/components/schemas/DeviceListing" },
              examples: {
                inventory: { summary: "Without `since`", value: devicePage },
                changes: { summary: "With `since`", value: deviceChangePage },
              },
            },
          },
        },
        ...failures("NotModified", "BadRequest", "NotFound", "Gone"),
      },
    },
  },
  "/v1/devices/{device_id}": {
    get: {
      operationId: "getDevice",
      summary: "One device",
      description: "Returns the same device as the listing.",
      tags: ["Inventory"],
      parameters: using("DeviceId", "IfNoneMatch"),
      responses: {
        200: json(deviceSchema, "The device.", camera, "ETag"),
        ...failures("NotModified", "NotFound"),
      },
    },
  },
};

/** The path that lists published events. */
export const eventPaths = {
  "/v1/events": {
    get: {
      operationId: "listEvents",
      summary: "Published events, delivered or not",
      description:
        "For backfill after an outage, if the manifest declares `backfill`. Lists the events in the order of publication, each exactly as posted.",
      tags: ["Events"],
      parameters: using("OrgFilter", "After", "Limit", "Cursor"),
      responses: {
        200: json(eventPageSchema, "A page of events.", eventPage),
        ...failures("BadRequest", "NotFound", "Gone"),
      },
    },
  },
};

const ENDPOINT_TAGS = ["Webhook endpoints"];

/** The paths that manage the destinations of events. */
export const webhookEndpointPaths = {
  "/v1/webhook-endpoints": {
    post: {
      operationId: "createWebhookEndpoint",
      summary: "Register a destination and receive its signing secret",
      description: "The vendor generates a different secret for each endpoint.",
      tags: ENDPOINT_TAGS,
      requestBody: body(webhookEndpointRequestSchema, "The destination.", example.endpointRequest),
      callbacks: { delivery: deliveryCallback },
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
      tags: ENDPOINT_TAGS,
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
      description: "The vendor begins no delivery to this destination after the deletion.",
      tags: ENDPOINT_TAGS,
      responses: { 204: { description: "Removed." }, ...failures("NotFound") },
    },
  },
  "/v1/webhook-endpoints/{endpoint_id}/rotate-secret": {
    parameters: using("EndpointId"),
    post: {
      operationId: "rotateWebhookSecret",
      summary: "Replace the signing secret",
      description: "The vendor signs with both secrets for at least 24 hours, so that no delivery is lost.",
      tags: ENDPOINT_TAGS,
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
      tags: ENDPOINT_TAGS,
      responses: {
        202: json(pingAcceptedSchema, "Accepted for delivery.", example.pingAccepted),
        ...failures("NotFound", "Conflict"),
      },
    },
  },
};

const SANDBOX_TAGS = ["Sandbox control"];
const WHERE =
  "The path is relative to the manifest's `sandbox.control_url`. This document shows that URL as `/sandbox`.";
const refusals = failures("BadRequest", "NotFound", "TooLarge", "UnsupportedMediaType");
const refusalsOfDevice = failures("BadRequest", "NotFound", "Conflict", "TooLarge", "UnsupportedMediaType");

/** The paths that change sandbox devices. */
export const sandboxPaths = {
  "/sandbox/devices/{device_id}/status": {
    parameters: using("DeviceId"),
    post: {
      operationId: "setSandboxDeviceStatus",
      summary: "Set the status of a sandbox device",
      description: `The effect is as if the device itself had changed. ${WHERE}`,
      tags: SANDBOX_TAGS,
      requestBody: body(sandboxStatusCommandSchema, "The status.", {
        status: "offline",
        status_reason: "power_loss",
      }),
      responses: {
        200: json(deviceSchema, "The device with its new status.", {
          ...camera,
          status: "offline",
          status_reason: "power_loss",
        }),
        ...refusalsOfDevice,
      },
    },
  },
  "/sandbox/devices/{device_id}/events": {
    parameters: using("DeviceId"),
    post: {
      operationId: "publishSandboxEvent",
      summary: "Make a sandbox device publish an event whose type is in the catalogue",
      description: WHERE,
      tags: SANDBOX_TAGS,
      requestBody: body(sandboxEventCommandSchema, "The event's type.", {
        type: "com.convergint.device.heartbeat.v1",
      }),
      responses: {
        202: json(pingAcceptedSchema, "Accepted for delivery.", pingAccepted),
        ...refusalsOfDevice,
      },
    },
  },
  "/sandbox/devices": {
    post: {
      operationId: "addSandboxDevice",
      summary: "Add a sandbox device",
      description: `The effect is as if a person had installed the device. ${WHERE}`,
      tags: SANDBOX_TAGS,
      requestBody: body(sandboxDeviceCommandSchema, "The device.", {
        site_id: SITE_ID,
        type: camera.type,
        name: camera.name,
      }),
      responses: { 201: json(deviceSchema, "The added device.", camera), ...refusals },
    },
  },
  "/sandbox/devices/{device_id}/move": {
    parameters: using("DeviceId"),
    post: {
      operationId: "moveSandboxDevice",
      summary: "Move a sandbox device to another site",
      description: `The device keeps its id. ${WHERE}`,
      tags: SANDBOX_TAGS,
      requestBody: body(sandboxMoveCommandSchema, "The site to move to.", { site_id: OTHER_SITE_ID }),
      responses: {
        200: json(deviceSchema, "The device at its new site.", { ...camera, site_id: OTHER_SITE_ID }),
        ...refusals,
      },
    },
  },
  "/sandbox/devices/{device_id}": {
    parameters: using("DeviceId"),
    delete: {
      operationId: "removeSandboxDevice",
      summary: "Remove a sandbox device",
      description: `The effect is as if a person had removed the device. ${WHERE}`,
      tags: SANDBOX_TAGS,
      responses: { 204: { description: "Removed." }, ...failures("NotFound") },
    },
  },
};
