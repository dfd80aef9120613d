import { z } from "zod";
import {
  deviceFieldsSchema,
  deviceSchema,
  REMOVED_HAS_TIME,
  removedDeviceSchema,
  removedHasTime,
} from "../device.ts";
import { eventOf } from "../event.ts";
import { siteIdSchema } from "../ids.ts";
import { text } from "../text.ts";
import { type EventFamilyDescriptor, SAMPLE_IDS } from "./event-family.ts";

export const DEVICE_ADDED = "com.convergint.device.added.v1";
export const DEVICE_UPDATED = "com.convergint.device.updated.v1";
export const DEVICE_REMOVED = "com.convergint.device.removed.v1";

/** A device was added to the inventory. @see spec/1.0/contract.md#inventory-events */
export const deviceAddedEventSchema = eventOf(DEVICE_ADDED, deviceSchema).meta({
  id: "DeviceAddedEvent",
  description: "A device was added to the inventory.",
  "x-requirement": "EVT-002",
});
export type DeviceAddedEvent = z.infer<typeof deviceAddedEventSchema>;

/** A device's record changed, not only its status. @see spec/1.0/contract.md#inventory-events */
export const deviceUpdatedEventSchema = eventOf(
  DEVICE_UPDATED,
  deviceFieldsSchema
    .extend({
      previous_site_id: siteIdSchema
        .nullish()
        .meta({ description: "The previous site, if the device moved." }),
      changed_fields: z
        .array(text(1, 256).meta({ description: "Name of a member.", examples: ["site_id"] }))
        .nullish()
        .meta({ description: "The members that changed.", examples: [["site_id"]] }),
    })
    .superRefine(removedHasTime)
    .meta({
      id: "DeviceUpdatedData",
      description: "The whole device in its current state.",
      "x-requirement": "INV-001",
      ...REMOVED_HAS_TIME,
    }),
).meta({
  id: "DeviceUpdatedEvent",
  description: "A device's record changed, or the device moved to another site.",
  "x-requirement": "EVT-002",
});
export type DeviceUpdatedEvent = z.infer<typeof deviceUpdatedEventSchema>;

/** A device was removed from the inventory. @see spec/1.0/contract.md#inventory-events */
export const deviceRemovedEventSchema = eventOf(DEVICE_REMOVED, removedDeviceSchema).meta({
  id: "DeviceRemovedEvent",
  description: "A device was removed from the inventory.",
  "x-requirement": "EVT-002",
});
export type DeviceRemovedEvent = z.infer<typeof deviceRemovedEventSchema>;

const CAMERA = { device_id: SAMPLE_IDS.camera, name: "North entrance, left", type: "camera" };

export const inventoryFamily = {
  name: "inventory",
  requirement: "EVT-014",
  subject: "device",
  deviceTypes: [],
  types: {
    [DEVICE_ADDED]: {
      schema: deviceAddedEventSchema,
      sample: {
        required: CAMERA,
        optional: { status: "unknown", status_reason: "not_installed", lifecycle: "provisioning" },
      },
    },
    [DEVICE_UPDATED]: {
      schema: deviceUpdatedEventSchema,
      sample: {
        required: CAMERA,
        optional: {
          status: "online",
          previous_site_id: "9e2b7a40-5c3d-4e1f-8a6b-0d9c8b7a6f51",
          changed_fields: ["site_id"],
        },
      },
    },
    [DEVICE_REMOVED]: {
      schema: deviceRemovedEventSchema,
      sample: {
        required: {
          device_id: SAMPLE_IDS.camera,
          lifecycle: "removed",
          removed_at: "2026-11-22T16:05:00Z",
        },
        optional: { name: "North entrance, left", type: "camera" },
      },
    },
  },
  sequences: [],
  pairedBy: null,
} as const satisfies EventFamilyDescriptor;
