export {
  BATCH_MEDIA_TYPE,
  type BatchAnswer,
  batchAnswerSchema,
  type EventBatch,
  eventBatchSchema,
} from "./batch.ts";
export {
  type Device,
  type DeviceChange,
  deviceChangeSchema,
  deviceSchema,
  type RemovedDevice,
  removedDeviceSchema,
} from "./device.ts";
export { EVENT_MEDIA_TYPE, type Event, eventDataSchema, eventSchema } from "./event.ts";
export {
  type EventCatalog,
  type EventCatalogEntry,
  eventCatalogEntrySchema,
  eventCatalogSchema,
} from "./event-catalog.ts";
export {
  ACCESS_DENIED,
  ACCESS_GRANTED,
  type AccessDeniedEvent,
  type AccessGrantedEvent,
  accessDeniedEventSchema,
  accessGrantedEventSchema,
} from "./events/access.ts";
export {
  ALARM_CLEARED,
  ALARM_RAISED,
  type AlarmClearedEvent,
  type AlarmRaisedEvent,
  alarmClearedEventSchema,
  alarmRaisedEventSchema,
} from "./events/alarm.ts";
export {
  CONNECTOR_DISCONNECTED,
  CONNECTOR_RECONNECTED,
  type ConnectorDisconnectedEvent,
  type ConnectorReconnectedEvent,
  connectorDisconnectedEventSchema,
  connectorReconnectedEventSchema,
} from "./events/connector.ts";
export {
  DOOR_FORCED_OPEN,
  DOOR_HELD_OPEN,
  DOOR_SECURED,
  type DoorForcedOpenEvent,
  type DoorHeldOpenEvent,
  type DoorSecuredEvent,
  doorForcedOpenEventSchema,
  doorHeldOpenEventSchema,
  doorSecuredEventSchema,
} from "./events/door.ts";
export type { EventFamilyDescriptor, EventStep, EventTypeDescriptor } from "./events/event-family.ts";
export {
  type ContractEvent,
  contractEventType,
  EVENT_FAMILIES,
  EVENT_TYPES,
  type EventType,
  type EventTypeName,
  eventSchemaOf,
  eventSchemas,
  isEventTypeName,
} from "./events/event-types.ts";
export { type EventFamily, eventFamilies, type OptionalEventFamily } from "./events/families.ts";
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
} from "./events/health.ts";
export {
  DEVICE_ADDED,
  DEVICE_REMOVED,
  DEVICE_UPDATED,
  type DeviceAddedEvent,
  type DeviceRemovedEvent,
  type DeviceUpdatedEvent,
  deviceAddedEventSchema,
  deviceRemovedEventSchema,
  deviceUpdatedEventSchema,
} from "./events/inventory.ts";
export {
  STORAGE_DEGRADED,
  STORAGE_FAILED,
  STORAGE_RESTORED,
  type StorageDegradedEvent,
  type StorageFailedEvent,
  type StorageRestoredEvent,
  storageDegradedEventSchema,
  storageFailedEventSchema,
  storageRestoredEventSchema,
} from "./events/storage.ts";
export {
  TROUBLE_CLEARED,
  TROUBLE_RAISED,
  type TroubleClearedEvent,
  type TroubleRaisedEvent,
  troubleClearedEventSchema,
  troubleRaisedEventSchema,
} from "./events/trouble.ts";
export {
  VIDEO_RECORDING_FAILED,
  VIDEO_RECORDING_RESTORED,
  VIDEO_STREAM_LOST,
  VIDEO_STREAM_RESTORED,
  type VideoRecordingFailedEvent,
  type VideoRecordingRestoredEvent,
  type VideoStreamLostEvent,
  type VideoStreamRestoredEvent,
  videoRecordingFailedEventSchema,
  videoRecordingRestoredEventSchema,
  videoStreamLostEventSchema,
  videoStreamRestoredEventSchema,
} from "./events/video.ts";
export { WEBHOOK_PING, type WebhookPingEvent, webhookPingEventSchema } from "./events/webhook.ts";
export { describeFieldErrors, type FieldError, fieldErrors, toPointer } from "./field-errors.ts";
export {
  type DeviceId,
  deviceIdSchema,
  type EventId,
  eventIdSchema,
  type OrgId,
  orgIdSchema,
  type SiteId,
  type SystemId,
  siteIdSchema,
  systemIdSchema,
} from "./ids.ts";
export { MANIFEST_PATH, type Manifest, manifestSchema } from "./manifest.ts";
export { canonicalIpAddress } from "./network-address.ts";
export {
  deviceChangePageSchema,
  devicePageSchema,
  eventPageSchema,
  orgPageSchema,
  type Page,
  pageEnvelopeSchema,
  pageSchema,
  type Snapshot,
  sitePageSchema,
  snapshotSchema,
} from "./page.ts";
export {
  PROBLEM_CODES,
  PROBLEM_MEDIA_TYPE,
  type Problem,
  type ProblemCode,
  problemSchema,
  REFUSAL_CODES,
  type RefusalCode,
} from "./problem.ts";
export {
  type SandboxDeviceCommand,
  type SandboxEventCommand,
  type SandboxMoveCommand,
  type SandboxStatusCommand,
  sandboxDeviceCommandSchema,
  sandboxEventCommandSchema,
  sandboxMoveCommandSchema,
  sandboxStatusCommandSchema,
} from "./sandbox.ts";
export {
  type Address,
  addressSchema,
  type Coordinates,
  canonicalCountry,
  coordinatesSchema,
  type Org,
  orgSchema,
  type Site,
  siteSchema,
  timezoneSchema,
} from "./site.ts";
export { timestampSchema } from "./timestamp.ts";
export { type Fault, parseTolerantly, type TolerantResult } from "./tolerant.ts";
export {
  ADMIN_STATES,
  type AdminState,
  canonicalDeviceType,
  canonicalMacAddress,
  DEVICE_STATUSES,
  DEVICE_TYPES,
  type DeviceStatus,
  type DeviceType,
  LIFECYCLES,
  type Lifecycle,
  sortableTimestamp,
  type Timestamp,
} from "./values.ts";
export {
  adminStateSchema,
  deviceStatusSchema,
  deviceTypeSchema,
  lifecycleSchema,
} from "./vocabulary.ts";
export {
  type PingAccepted,
  pingAcceptedSchema,
  type RotatedSecret,
  rotatedSecretSchema,
  type WebhookEndpoint,
  type WebhookEndpointCreated,
  type WebhookEndpointList,
  type WebhookEndpointRequest,
  webhookEndpointCreatedSchema,
  webhookEndpointListSchema,
  webhookEndpointRequestSchema,
  webhookEndpointSchema,
} from "./webhook-endpoint.ts";
