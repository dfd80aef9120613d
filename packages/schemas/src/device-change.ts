import { z } from "zod";
import { type Device, deviceFieldsSchema } from "./device.ts";
import { deviceIdSchema, orgIdSchema, siteIdSchema } from "./ids.ts";
import { timestampSchema } from "./timestamp.ts";

/** What is left of a device that was removed: its tombstone. @see spec/1.0/contract.md#incremental-sync */
export const removedDeviceSchema = z
  .looseObject({
    device_id: deviceIdSchema,
    org_id: orgIdSchema,
    site_id: siteIdSchema.meta({ description: "The site where the device was last." }),
    lifecycle: z
      .literal("removed", "Send removed.")
      .meta({ description: "Says that the device is gone.", examples: ["removed"] }),
    removed_at: timestampSchema.meta({ description: "When the device was removed." }),
  })
  .meta({
    id: "RemovedDevice",
    description: "The tombstone of a device that was removed.",
    "x-requirement": "SYNC-003",
  });
export type RemovedDevice = z.infer<typeof removedDeviceSchema>;

const presentDeviceSchema = deviceFieldsSchema.extend({
  lifecycle: z.enum(["provisioning", "active"]).nullish(),
});

/** The path to `site_id` is the same in a device and in a tombstone, so a tombstone's errors say what they are held to. */
const tombstoneSchema = removedDeviceSchema.superRefine(
  (_, { issues }) => {
    for (const issue of issues) issue["x-requirement"] = "SYNC-003";
  },
  { when: () => true },
);

/**
 * What a listing of changes has: a device as it is now, or the tombstone of one that was removed. `lifecycle` tells
 * which, so that what is wrong with one is not called wrong with the other.
 *
 * @see spec/1.0/contract.md#incremental-sync
 */
export const deviceChangeSchema = z
  .discriminatedUnion("lifecycle", [presentDeviceSchema, tombstoneSchema], {
    error: "Send provisioning, active or removed.",
  })
  .meta({
    id: "DeviceChange",
    description: "A device as it is now, or the tombstone of one that was removed.",
    "x-requirement": "INV-001",
  });
export type DeviceChange = Device | RemovedDevice;
