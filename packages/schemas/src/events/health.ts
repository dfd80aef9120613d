import type { z } from "zod";
import { deviceFieldsSchema } from "../device.ts";
import { eventDataSchema, eventOf } from "../event.ts";
import { timestampSchema } from "../timestamp.ts";
import { deviceStatusSchema } from "../vocabulary.ts";
import { aboutDevice, type EventFamilyDescriptor, SAMPLE_IDS } from "./event-family.ts";

/** The complete status after the event, so that processing an event is an idempotent upsert. */
const deviceStatusDataSchema = eventDataSchema.extend({
  device_id: aboutDevice("The device."),
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

/** A device's status changed. @see spec/1.0/contract.md#health-events */
export const deviceStatusChangedEventSchema = eventOf(
  DEVICE_STATUS_CHANGED,
  deviceStatusDataSchema
    .extend({
      status: deviceStatusSchema.meta({
        description: "The new status.",
        "x-requirement": "EVT-004",
      }),
      previous_status: deviceStatusSchema.nullish().meta({ description: "The previous status." }),
    })
    .meta({ id: "DeviceStatusChangedData", description: "The complete resulting status of a device." }),
).meta({
  id: "DeviceStatusChangedEvent",
  description: "The status of a device changed.",
  "x-requirement": "EVT-002",
});
export type DeviceStatusChangedEvent = z.infer<typeof deviceStatusChangedEventSchema>;

/**
 * The vendor's cloud received a message from a device. At most one such event per device in five minutes.
 *
 * @see spec/1.0/contract.md#health-events
 */
export const deviceHeartbeatEventSchema = eventOf(
  DEVICE_HEARTBEAT,
  deviceStatusDataSchema
    .extend({
      last_seen_at: timestampSchema.meta({ description: "When the cloud last heard from the device." }),
    })
    .meta({
      id: "DeviceHeartbeatData",
      description: "A device's status, and when the vendor's cloud last heard from the device.",
    }),
).meta({
  id: "DeviceHeartbeatEvent",
  description: "The vendor's cloud received a message from a device.",
  "x-requirement": "EVT-002",
});
export type DeviceHeartbeatEvent = z.infer<typeof deviceHeartbeatEventSchema>;

/** The schemas of the events that set a device's status. */
export const deviceEventSchemas = {
  [DEVICE_STATUS_CHANGED]: deviceStatusChangedEventSchema,
  [DEVICE_HEARTBEAT]: deviceHeartbeatEventSchema,
} as const;

/** An event that sets a device's status. */
export type DeviceEvent = DeviceStatusChangedEvent | DeviceHeartbeatEvent;

/** Checks whether events of a type set a device's status. An event of such a type may still be invalid. */
export function isDeviceEventType(type: string): type is keyof typeof deviceEventSchemas {
  return Object.hasOwn(deviceEventSchemas, type);
}

const DETAILS = {
  status_reason: "power_loss",
  vendor_status: "red",
  status_observed_at: "2026-11-23T08:31:07.120Z",
  status_changed_at: "2026-11-23T08:31:07Z",
  admin_state: "enabled",
};

export const healthFamily = {
  name: "health",
  requirement: null,
  subject: "device",
  deviceTypes: [],
  types: {
    [DEVICE_STATUS_CHANGED]: {
      schema: deviceStatusChangedEventSchema,
      sample: {
        required: { device_id: SAMPLE_IDS.camera, status: "offline" },
        optional: { ...DETAILS, last_seen_at: "2026-11-23T08:30:00Z", previous_status: "online" },
      },
    },
    [DEVICE_HEARTBEAT]: {
      schema: deviceHeartbeatEventSchema,
      sample: {
        required: { device_id: SAMPLE_IDS.camera, status: "online", last_seen_at: "2026-11-23T08:31:07Z" },
        optional: DETAILS,
      },
    },
  },
  sequences: [],
  pairedBy: null,
} as const satisfies EventFamilyDescriptor;
