import { z } from "zod";
import { deviceSchema } from "./device.ts";
import { type Event, envelope } from "./event.ts";
import { timestampSchema } from "./timestamp.ts";
import { deviceStatusSchema } from "./vocabulary.ts";

/** The whole resulting status, so that an event is an idempotent upsert by itself. */
const deviceStatusDataSchema = deviceSchema
  .pick({
    org_id: true,
    site_id: true,
    device_id: true,
    status_reason: true,
    vendor_status: true,
    status_observed_at: true,
    status_changed_at: true,
    last_seen_at: true,
    admin_state: true,
  })
  .extend({ status: deviceStatusSchema });

export const DEVICE_STATUS_CHANGED = "com.convergint.device.status_changed.v1";
export const DEVICE_HEARTBEAT = "com.convergint.device.heartbeat.v1";
export const WEBHOOK_PING = "com.convergint.webhook.ping.v1";

/** A device's status is now this. @see spec/1.0/contract.md#health-events */
export const deviceStatusChangedEventSchema = envelope(
  z.literal(DEVICE_STATUS_CHANGED),
  deviceStatusDataSchema
    .extend({ previous_status: deviceStatusSchema.nullish() })
    .meta({ id: "DeviceStatusChangedData" }),
).meta({ id: "DeviceStatusChangedEvent", description: "A device's status is now this." });
export type DeviceStatusChangedEvent = z.infer<typeof deviceStatusChangedEventSchema>;

/** A device was heard from. At most one a device in five minutes. @see spec/1.0/contract.md#health-events */
export const deviceHeartbeatEventSchema = envelope(
  z.literal(DEVICE_HEARTBEAT),
  deviceStatusDataSchema.extend({ last_seen_at: timestampSchema }).meta({ id: "DeviceHeartbeatData" }),
).meta({ id: "DeviceHeartbeatEvent", description: "A device was heard from." });
export type DeviceHeartbeatEvent = z.infer<typeof deviceHeartbeatEventSchema>;

/** The stricter schema of each event type that this version of the contract gives a meaning to. */
export const deviceEventSchemas = {
  [DEVICE_STATUS_CHANGED]: deviceStatusChangedEventSchema,
  [DEVICE_HEARTBEAT]: deviceHeartbeatEventSchema,
} as const;

/** An event whose meaning the contract fixes: it says what a device's status is. */
export type DeviceEvent = DeviceStatusChangedEvent | DeviceHeartbeatEvent;

/** Tells whether an event claims to be of a type that carries a device's status. It may still be invalid. */
export function isDeviceEventType(type: Event["type"]): type is keyof typeof deviceEventSchemas {
  return Object.hasOwn(deviceEventSchemas, type);
}
