import type { z } from "zod";
import { deviceFieldsSchema } from "../device.ts";
import { eventDataSchema, eventOf } from "../event.ts";
import { timestampSchema } from "../timestamp.ts";
import { deviceStatusSchema } from "../vocabulary.ts";
import { aboutDevice } from "./members.ts";

/** The whole resulting status, so that an event is an idempotent upsert by itself. */
const deviceStatusDataSchema = eventDataSchema.extend({
  device_id: aboutDevice("The device whose status this is."),
  status: deviceStatusSchema,
  ...deviceFieldsSchema.pick({
    status_reason: true,
    vendor_status: true,
    status_observed_at: true,
    status_changed_at: true,
    last_seen_at: true,
    admin_state: true,
  }).shape,
});

export const DEVICE_STATUS_CHANGED = "com.convergint.device.status_changed.v1";
export const DEVICE_HEARTBEAT = "com.convergint.device.heartbeat.v1";

/** A device's status is now this. @see spec/1.0/contract.md#health-events */
export const deviceStatusChangedEventSchema = eventOf(
  DEVICE_STATUS_CHANGED,
  deviceStatusDataSchema
    .extend({
      status: deviceStatusSchema.meta({
        description: "The status that the device took.",
        "x-requirement": "EVT-004",
      }),
      previous_status: deviceStatusSchema.nullish().meta({ description: "The status before." }),
    })
    .meta({ id: "DeviceStatusChangedData", description: "The whole resulting status of a device." }),
).meta({
  id: "DeviceStatusChangedEvent",
  description: "A device's status is now this.",
  "x-requirement": "EVT-002",
});
export type DeviceStatusChangedEvent = z.infer<typeof deviceStatusChangedEventSchema>;

/** A device was heard from. At most one a device in five minutes. @see spec/1.0/contract.md#health-events */
export const deviceHeartbeatEventSchema = eventOf(
  DEVICE_HEARTBEAT,
  deviceStatusDataSchema
    .extend({ last_seen_at: timestampSchema.meta({ description: "When the device was heard from." }) })
    .meta({ id: "DeviceHeartbeatData", description: "A device's status, and when it was heard from." }),
).meta({
  id: "DeviceHeartbeatEvent",
  description: "A device was heard from.",
  "x-requirement": "EVT-002",
});
export type DeviceHeartbeatEvent = z.infer<typeof deviceHeartbeatEventSchema>;

/** The events by which a vendor says what a device's status is, each with its schema. */
export const deviceEventSchemas = {
  [DEVICE_STATUS_CHANGED]: deviceStatusChangedEventSchema,
  [DEVICE_HEARTBEAT]: deviceHeartbeatEventSchema,
} as const;

/** An event that says what a device's status is. */
export type DeviceEvent = DeviceStatusChangedEvent | DeviceHeartbeatEvent;

/** Tells whether an event claims to be of a type that carries a device's status. It may still be invalid. */
export function isDeviceEventType(type: string): type is keyof typeof deviceEventSchemas {
  return Object.hasOwn(deviceEventSchemas, type);
}
