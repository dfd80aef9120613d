import { z } from "zod";
import { eventDataSchema, eventOf } from "../event.ts";
import { opaqueId } from "../ids.ts";
import { aboutDevice, reasonSchema } from "./members.ts";

export const STORAGE_DEGRADED = "com.convergint.storage.degraded.v1";
export const STORAGE_FAILED = "com.convergint.storage.failed.v1";
export const STORAGE_RESTORED = "com.convergint.storage.restored.v1";

const storageDataSchema = eventDataSchema.extend({
  device_id: aboutDevice("The recorder or server."),
  volume_id: opaqueId()
    .nullish()
    .meta({ description: "Which volume or disk, where there are several.", examples: ["vol_2"] }),
  reason: reasonSchema("disk_failed").nullish(),
  used_percent: z
    .number()
    .min(0)
    .max(100)
    .nullish()
    .meta({ description: "How full it is, in percent.", examples: [97.5] }),
});

/** A storage works with a fault. @see spec/1.0/contract.md#storage-events */
export const storageDegradedEventSchema = eventOf(
  STORAGE_DEGRADED,
  storageDataSchema.meta({ id: "StorageDegradedData", description: "A storage that works with a fault." }),
).meta({
  id: "StorageDegradedEvent",
  description: "A storage works with a fault.",
  "x-requirement": "EVT-002",
});
export type StorageDegradedEvent = z.infer<typeof storageDegradedEventSchema>;

/** A storage no longer works. @see spec/1.0/contract.md#storage-events */
export const storageFailedEventSchema = eventOf(
  STORAGE_FAILED,
  storageDataSchema.meta({ id: "StorageFailedData", description: "A storage that failed." }),
).meta({ id: "StorageFailedEvent", description: "A storage failed.", "x-requirement": "EVT-002" });
export type StorageFailedEvent = z.infer<typeof storageFailedEventSchema>;

/** A storage works again. @see spec/1.0/contract.md#storage-events */
export const storageRestoredEventSchema = eventOf(
  STORAGE_RESTORED,
  storageDataSchema.meta({ id: "StorageRestoredData", description: "A storage that works again." }),
).meta({ id: "StorageRestoredEvent", description: "A storage works again.", "x-requirement": "EVT-002" });
export type StorageRestoredEvent = z.infer<typeof storageRestoredEventSchema>;
