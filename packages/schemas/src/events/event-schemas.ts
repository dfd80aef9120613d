import type { z } from "zod";
import { type Event, eventSchema } from "../event.ts";
import {
  ACCESS_DENIED,
  ACCESS_GRANTED,
  accessDeniedEventSchema,
  accessGrantedEventSchema,
} from "./access.ts";
import { ALARM_CLEARED, ALARM_RAISED, alarmClearedEventSchema, alarmRaisedEventSchema } from "./alarm.ts";
import {
  CONNECTOR_DISCONNECTED,
  CONNECTOR_RECONNECTED,
  connectorDisconnectedEventSchema,
  connectorReconnectedEventSchema,
} from "./connector.ts";
import {
  DOOR_FORCED_OPEN,
  DOOR_HELD_OPEN,
  DOOR_SECURED,
  doorForcedOpenEventSchema,
  doorHeldOpenEventSchema,
  doorSecuredEventSchema,
} from "./door.ts";
import {
  DEVICE_HEARTBEAT,
  DEVICE_STATUS_CHANGED,
  deviceHeartbeatEventSchema,
  deviceStatusChangedEventSchema,
} from "./health.ts";
import {
  DEVICE_ADDED,
  DEVICE_REMOVED,
  DEVICE_UPDATED,
  deviceAddedEventSchema,
  deviceRemovedEventSchema,
  deviceUpdatedEventSchema,
} from "./inventory.ts";
import {
  STORAGE_DEGRADED,
  STORAGE_FAILED,
  STORAGE_RESTORED,
  storageDegradedEventSchema,
  storageFailedEventSchema,
  storageRestoredEventSchema,
} from "./storage.ts";
import {
  TROUBLE_CLEARED,
  TROUBLE_RAISED,
  troubleClearedEventSchema,
  troubleRaisedEventSchema,
} from "./trouble.ts";
import {
  VIDEO_RECORDING_FAILED,
  VIDEO_RECORDING_RESTORED,
  VIDEO_STREAM_LOST,
  VIDEO_STREAM_RESTORED,
  videoRecordingFailedEventSchema,
  videoRecordingRestoredEventSchema,
  videoStreamLostEventSchema,
  videoStreamRestoredEventSchema,
} from "./video.ts";
import { WEBHOOK_PING, webhookPingEventSchema } from "./webhook.ts";

/** The schema of each event type that this contract defines. @see spec/1.0/contract.md#event-families */
export const eventSchemas = {
  [DEVICE_STATUS_CHANGED]: deviceStatusChangedEventSchema,
  [DEVICE_HEARTBEAT]: deviceHeartbeatEventSchema,
  [DEVICE_ADDED]: deviceAddedEventSchema,
  [DEVICE_UPDATED]: deviceUpdatedEventSchema,
  [DEVICE_REMOVED]: deviceRemovedEventSchema,
  [ALARM_RAISED]: alarmRaisedEventSchema,
  [ALARM_CLEARED]: alarmClearedEventSchema,
  [TROUBLE_RAISED]: troubleRaisedEventSchema,
  [TROUBLE_CLEARED]: troubleClearedEventSchema,
  [ACCESS_GRANTED]: accessGrantedEventSchema,
  [ACCESS_DENIED]: accessDeniedEventSchema,
  [DOOR_FORCED_OPEN]: doorForcedOpenEventSchema,
  [DOOR_HELD_OPEN]: doorHeldOpenEventSchema,
  [DOOR_SECURED]: doorSecuredEventSchema,
  [VIDEO_STREAM_LOST]: videoStreamLostEventSchema,
  [VIDEO_STREAM_RESTORED]: videoStreamRestoredEventSchema,
  [VIDEO_RECORDING_FAILED]: videoRecordingFailedEventSchema,
  [VIDEO_RECORDING_RESTORED]: videoRecordingRestoredEventSchema,
  [STORAGE_DEGRADED]: storageDegradedEventSchema,
  [STORAGE_FAILED]: storageFailedEventSchema,
  [STORAGE_RESTORED]: storageRestoredEventSchema,
  [CONNECTOR_DISCONNECTED]: connectorDisconnectedEventSchema,
  [CONNECTOR_RECONNECTED]: connectorReconnectedEventSchema,
  [WEBHOOK_PING]: webhookPingEventSchema,
} as const;

/** The name of an event type that this contract defines. */
export type EventTypeName = keyof typeof eventSchemas;

/** An event of a type that this contract defines; `type` tells which. */
export type ContractEvent = z.infer<(typeof eventSchemas)[EventTypeName]>;

/** Tells whether this contract defines an event type. */
export function isEventTypeName(type: string): type is EventTypeName {
  return Object.hasOwn(eventSchemas, type);
}

/**
 * The schema to check an event by.
 *
 * @param type the event's `type`
 * @returns the schema of that type; for one that this contract does not define, the schema of any event
 * @see spec/1.0/contract.md#open-vocabularies
 */
export function eventSchemaOf(type: string): z.ZodType<Event> {
  return isEventTypeName(type) ? eventSchemas[type] : eventSchema;
}
