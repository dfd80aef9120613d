import {
  deviceChangePageSchema,
  devicePageSchema,
  deviceSchema,
  eventCatalogSchema,
  eventPageSchema,
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
import type { z } from "zod";

/** A query parameter that the contract defines. */
export type Parameter = "org_id" | "site_id" | "since" | "after" | "limit" | "cursor" | "system_id";

/** The filters of a listing: the consumer repeats them with each cursor. */
export const FILTERS = [
  "org_id",
  "site_id",
  "since",
  "after",
  "system_id",
] as const satisfies readonly Parameter[];

/** The filters by which a listing selects its items. */
export const SELECTIONS = ["org_id", "site_id", "system_id"] as const satisfies readonly Parameter[];

/** The kind of a paged listing. */
export type ListingKind = "orgs" | "sites" | "devices" | "events";

/** One call that the contract defines. */
export interface Operation {
  readonly method: "GET" | "POST" | "DELETE";
  /**
   * The path as in the OpenAPI document. A path below `/sandbox` is relative to the manifest's `control_url`.
   */
  readonly path: string;
  readonly query: readonly Parameter[];
  /** The status of the response to a valid call. */
  readonly success: number;
  /** The schema of the response; `null` for a response without a body. */
  readonly schema: z.ZodType | null;
  /** The schema of the request's body; absent if it has none. */
  readonly body?: z.ZodType;
  /** The requirement that a wrong answer to a valid call violates. */
  readonly requirement: string;
  /** The objects of the manifest's capability. */
  readonly capability?: string;
  /** The sandbox command that the manifest must list. */
  readonly command?: string;
  /** The kind of listing, if the response is a page. */
  readonly listing?: ListingKind;
}

const ENDPOINTS = "webhooks.endpoint_management";
const onEndpoint = { query: [], capability: ENDPOINTS } as const;
const onDevice = { query: [], capability: "sandbox" } as const;

/** Every call of the contract except the request for an access token, by the `operationId` of the OpenAPI document. */
export const operations = {
  getManifest: {
    method: "GET",
    path: "/.well-known/vendor-cloud",
    query: [],
    success: 200,
    schema: manifestSchema,
    requirement: "MAN-001",
  },
  listOrgs: {
    method: "GET",
    path: "/v1/orgs",
    query: ["limit", "cursor"],
    success: 200,
    schema: orgPageSchema,
    requirement: "ORG-001",
    listing: "orgs",
  },
  listSites: {
    method: "GET",
    path: "/v1/sites",
    query: ["org_id", "limit", "cursor"],
    success: 200,
    schema: sitePageSchema,
    requirement: "SITE-001",
    listing: "sites",
  },
  listDevices: {
    method: "GET",
    path: "/v1/devices",
    query: ["org_id", "site_id", "since", "limit", "cursor", "system_id"],
    success: 200,
    schema: devicePageSchema,
    requirement: "INV-012",
    listing: "devices",
  },
  getDevice: {
    method: "GET",
    path: "/v1/devices/{device_id}",
    query: [],
    success: 200,
    schema: deviceSchema,
    requirement: "INV-005",
  },
  getEventCatalog: {
    method: "GET",
    path: "/v1/event-catalog",
    query: [],
    success: 200,
    schema: eventCatalogSchema,
    requirement: "CAT-001",
  },
  listEvents: {
    method: "GET",
    path: "/v1/events",
    query: ["org_id", "after", "limit", "cursor"],
    success: 200,
    schema: eventPageSchema,
    requirement: "EVT-023",
    capability: "backfill",
    listing: "events",
  },
  listWebhookEndpoints: {
    ...onEndpoint,
    method: "GET",
    path: "/v1/webhook-endpoints",
    success: 200,
    schema: webhookEndpointListSchema,
    requirement: "DLV-018",
  },
  createWebhookEndpoint: {
    ...onEndpoint,
    method: "POST",
    path: "/v1/webhook-endpoints",
    success: 201,
    schema: webhookEndpointCreatedSchema,
    body: webhookEndpointRequestSchema,
    requirement: "SEC-002",
  },
  deleteWebhookEndpoint: {
    ...onEndpoint,
    method: "DELETE",
    path: "/v1/webhook-endpoints/{endpoint_id}",
    success: 204,
    schema: null,
    requirement: "DLV-016",
  },
  rotateWebhookSecret: {
    ...onEndpoint,
    method: "POST",
    path: "/v1/webhook-endpoints/{endpoint_id}/rotate-secret",
    success: 200,
    schema: rotatedSecretSchema,
    requirement: "SEC-009",
  },
  pingWebhookEndpoint: {
    ...onEndpoint,
    method: "POST",
    path: "/v1/webhook-endpoints/{endpoint_id}/ping",
    success: 202,
    schema: pingAcceptedSchema,
    requirement: "DLV-017",
  },
  setSandboxDeviceStatus: {
    ...onDevice,
    method: "POST",
    path: "/sandbox/devices/{device_id}/status",
    success: 200,
    schema: deviceSchema,
    body: sandboxStatusCommandSchema,
    requirement: "SBX-001",
    command: "status",
  },
  publishSandboxEvent: {
    ...onDevice,
    method: "POST",
    path: "/sandbox/devices/{device_id}/events",
    success: 202,
    schema: pingAcceptedSchema,
    body: sandboxEventCommandSchema,
    requirement: "SBX-006",
    command: "events",
  },
  addSandboxDevice: {
    ...onDevice,
    method: "POST",
    path: "/sandbox/devices",
    success: 201,
    schema: deviceSchema,
    body: sandboxDeviceCommandSchema,
    requirement: "SBX-006",
    command: "add_device",
  },
  moveSandboxDevice: {
    ...onDevice,
    method: "POST",
    path: "/sandbox/devices/{device_id}/move",
    success: 200,
    schema: deviceSchema,
    body: sandboxMoveCommandSchema,
    requirement: "SBX-006",
    command: "move_device",
  },
  removeSandboxDevice: {
    ...onDevice,
    method: "DELETE",
    path: "/sandbox/devices/{device_id}",
    success: 204,
    schema: null,
    requirement: "SBX-006",
    command: "remove_device",
  },
} as const satisfies Readonly<Record<string, Operation>>;

export type OperationName = keyof typeof operations;

/** Returns an operation. */
export const operationOf = (name: OperationName): Operation => operations[name];

/** The schema of a page of changes, which a listing of devices with `since` returns. */
export const changePageSchema = deviceChangePageSchema;

/** The member that identifies an item of a listing. */
export const ID_OF = {
  orgs: "org_id",
  sites: "site_id",
  devices: "device_id",
  events: "id",
} as const satisfies Record<ListingKind, string>;
