export { type Device, deviceSchema } from "./device.ts";
export {
  DEVICE_HEARTBEAT,
  DEVICE_STATUS_CHANGED,
  type DeviceEvent,
  type DeviceHeartbeatEvent,
  type DeviceStatusChangedEvent,
  deviceEventSchemas,
  deviceHeartbeatEventSchema,
  deviceStatusChangedEventSchema,
  isDeviceEventType,
  WEBHOOK_PING,
} from "./device-events.ts";
export { EVENT_MEDIA_TYPE, type Event, eventDataSchema, eventSchema } from "./event.ts";
export {
  type EventCatalog,
  type EventCatalogEntry,
  eventCatalogEntrySchema,
  eventCatalogSchema,
} from "./event-catalog.ts";
export { describeFieldErrors, type FieldError, fieldErrors } from "./field-errors.ts";
export {
  type DeviceId,
  deviceIdSchema,
  type EventId,
  eventIdSchema,
  type OrgId,
  orgIdSchema,
  type SiteId,
  siteIdSchema,
} from "./ids.ts";
export { canonicalMacAddress } from "./mac-address.ts";
export { MANIFEST_PATH, type Manifest, manifestSchema } from "./manifest.ts";
export { type Org, orgSchema } from "./org.ts";
export {
  devicePageSchema,
  orgPageSchema,
  type Page,
  pageSchema,
  type Snapshot,
  sitePageSchema,
  snapshotSchema,
} from "./page.ts";
export { PROBLEM_MEDIA_TYPE, type Problem, problemSchema } from "./problem.ts";
export {
  type SandboxEventCommand,
  type SandboxStatusCommand,
  sandboxEventCommandSchema,
  sandboxStatusCommandSchema,
} from "./sandbox.ts";
export {
  type Address,
  addressSchema,
  type Coordinates,
  coordinatesSchema,
  type Site,
  siteSchema,
  timezoneSchema,
} from "./site.ts";
export { sortableTimestamp, type Timestamp, timestampSchema } from "./timestamp.ts";
export {
  type AdminState,
  adminStateSchema,
  canonicalDeviceType,
  DEVICE_TYPES,
  type DeviceStatus,
  type DeviceType,
  deviceStatusSchema,
  deviceTypeSchema,
  type Lifecycle,
  lifecycleSchema,
} from "./vocabulary.ts";
export {
  type PingAccepted,
  pingAcceptedSchema,
  type RotatedSecret,
  rotatedSecretSchema,
  type WebhookEndpoint,
  type WebhookEndpointCreated,
  type WebhookEndpointRequest,
  webhookEndpointCreatedSchema,
  webhookEndpointListSchema,
  webhookEndpointRequestSchema,
  webhookEndpointSchema,
} from "./webhook-endpoint.ts";
