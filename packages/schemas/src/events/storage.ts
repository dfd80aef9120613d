import { z } from "zod";
import { eventDataSchema, eventOf } from "../event.ts";
import { opaqueId } from "../ids.ts";
import { aboutDevice, type EventFamilyDescriptor, reasonSchema, SAMPLE_IDS } from "./event-family.ts";

export const STORAGE_DEGRADED = "com.convergint.storage.degraded.v1";
export const STORAGE_FAILED = "com.convergint.storage.failed.v1";
export const STORAGE_RESTORED = "com.convergint.storage.restored.v1";

const storageDataSchema = eventDataSchema.extend({
  device_id: aboutDevice("The recorder or server."),
  volume_id: opaqueId()
    .nullish()
    .meta({ description: "The volume or disk, if there are several.", examples: ["vol_2"] }),
  reason: reasonSchema("disk_failed").nullish(),
  used_percent: z
    .number()
    .min(0)
    .max(100)
    .nullish()
    .meta({ description: "Used space, in percent.", examples: [97.5] }),
});

/** Storage is degraded. @see spec/1.0/contract.md#storage-events */
export const storageDegradedEventSchema = eventOf(
  STORAGE_DEGRADED,
  storageDataSchema.meta({ id: "StorageDegradedData", description: "Degraded storage." }),
).meta({
  id: "StorageDegradedEvent",
  description: "Storage works with a fault.",
  "x-requirement": "EVT-002",
});
export type StorageDegradedEvent = z.infer<typeof storageDegradedEventSchema>;

/** Storage failed. @see spec/1.0/contract.md#storage-events */
export const storageFailedEventSchema = eventOf(
  STORAGE_FAILED,
  storageDataSchema.meta({ id: "StorageFailedData", description: "Failed storage." }),
).meta({ id: "StorageFailedEvent", description: "Storage failed.", "x-requirement": "EVT-002" });
export type StorageFailedEvent = z.infer<typeof storageFailedEventSchema>;

/** Storage was restored. @see spec/1.0/contract.md#storage-events */
export const storageRestoredEventSchema = eventOf(
  STORAGE_RESTORED,
  storageDataSchema.meta({ id: "StorageRestoredData", description: "Restored storage." }),
).meta({ id: "StorageRestoredEvent", description: "Storage was restored.", "x-requirement": "EVT-002" });
export type StorageRestoredEvent = z.infer<typeof storageRestoredEventSchema>;

const RECORDER = { device_id: SAMPLE_IDS.recorder };
const VOLUME = { volume_id: "vol_2" };

export const storageFamily = {
  name: "storage",
  requirement: "EVT-021",
  subject: "device",
  deviceTypes: ["recorder"],
  types: {
    [STORAGE_DEGRADED]: {
      schema: storageDegradedEventSchema,
      sample: { required: RECORDER, optional: { ...VOLUME, reason: "disk_failed", used_percent: 71 } },
    },
    [STORAGE_FAILED]: {
      schema: storageFailedEventSchema,
      sample: { required: RECORDER, optional: { ...VOLUME, reason: "volume_lost", used_percent: 97.5 } },
    },
    [STORAGE_RESTORED]: {
      schema: storageRestoredEventSchema,
      sample: { required: RECORDER, optional: { ...VOLUME, reason: "disk_replaced", used_percent: 12.5 } },
    },
  },
  sequences: [[{ type: STORAGE_DEGRADED }, { type: STORAGE_FAILED }, { type: STORAGE_RESTORED }]],
  pairedBy: null,
} as const satisfies EventFamilyDescriptor;
