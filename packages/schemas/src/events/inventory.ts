import { z } from "zod";
import { deviceFieldsSchema, deviceSchema, REMOVED_HAS_TIME, removedHasTime } from "../device.ts";
import { removedDeviceSchema } from "../device-change.ts";
import { eventOf } from "../event.ts";
import { siteIdSchema } from "../ids.ts";
import { text } from "../text.ts";

export const DEVICE_ADDED = "com.convergint.device.added.v1";
export const DEVICE_UPDATED = "com.convergint.device.updated.v1";
export const DEVICE_REMOVED = "com.convergint.device.removed.v1";

/** A device is there that was not. @see spec/1.0/contract.md#inventory-events */
export const deviceAddedEventSchema = eventOf(DEVICE_ADDED, deviceSchema).meta({
  id: "DeviceAddedEvent",
  description: "A device was added to the inventory.",
  "x-requirement": "EVT-002",
});
export type DeviceAddedEvent = z.infer<typeof deviceAddedEventSchema>;

/** A device's record is now this, its status alone excepted. @see spec/1.0/contract.md#inventory-events */
export const deviceUpdatedEventSchema = eventOf(
  DEVICE_UPDATED,
  deviceFieldsSchema
    .extend({
      previous_site_id: siteIdSchema
        .nullish()
        .meta({ description: "The site before, where the update is a move." }),
      changed_fields: z
        .array(text(1, 256).meta({ description: "Name of a member.", examples: ["site_id"] }))
        .nullish()
        .meta({ description: "The members that changed.", examples: [["site_id"]] }),
    })
    .superRefine(removedHasTime)
    .meta({
      id: "DeviceUpdatedData",
      description: "The whole device as it is now.",
      "x-requirement": "INV-001",
      ...REMOVED_HAS_TIME,
    }),
).meta({
  id: "DeviceUpdatedEvent",
  description: "A device's record changed, or the device moved to another site.",
  "x-requirement": "EVT-002",
});
export type DeviceUpdatedEvent = z.infer<typeof deviceUpdatedEventSchema>;

/** A device is gone. @see spec/1.0/contract.md#inventory-events */
export const deviceRemovedEventSchema = eventOf(DEVICE_REMOVED, removedDeviceSchema).meta({
  id: "DeviceRemovedEvent",
  description: "A device was removed from the inventory.",
  "x-requirement": "EVT-002",
});
export type DeviceRemovedEvent = z.infer<typeof deviceRemovedEventSchema>;
