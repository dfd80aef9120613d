import { z } from "zod";
import { type Device, deviceFieldsSchema } from "./device.ts";
import { deviceIdSchema, orgIdSchema, siteIdSchema } from "./ids.ts";
import { timestampSchema } from "./timestamp.ts";

/** The tombstone of a removed device. @see spec/1.0/contract.md#incremental-sync */
export const removedDeviceSchema = z
  .looseObject({
    device_id: deviceIdSchema,
    org_id: orgIdSchema,
    site_id: siteIdSchema.meta({ description: "The last site of the device." }),
    lifecycle: z
      .literal("removed", "Send removed.")
      .meta({ description: "Marks the device as removed.", examples: ["removed"] }),
    removed_at: timestampSchema.meta({ description: "When the device was removed." }),
  })
  .meta({
    id: "RemovedDevice",
    description: "The tombstone of a removed device.",
    "x-requirement": "SYNC-003",
  });
export type RemovedDevice = z.infer<typeof removedDeviceSchema>;

const presentDeviceSchema = deviceFieldsSchema.extend({
  lifecycle: z.enum(["provisioning", "active"]).nullish(),
});

/**
 * `site_id` has the same path in a device and in a tombstone, so the path does not determine the requirement.
 * The errors of a tombstone name their requirement themselves.
 */
const tombstoneSchema = removedDeviceSchema.superRefine(
  (_, { issues }) => {
    for (const issue of issues) issue["x-requirement"] = "SYNC-003";
  },
  { when: () => true },
);

/**
 * One item of a listing of changes: a device in its current state, or the tombstone of a removed device.
 * `lifecycle` discriminates the two, so that errors refer to the right schema.
 *
 * @see spec/1.0/contract.md#incremental-sync
 */
export const deviceChangeSchema = z
  .discriminatedUnion("lifecycle", [presentDeviceSchema, tombstoneSchema], {
    error: "Send provisioning, active or removed.",
  })
  .meta({
    id: "DeviceChange",
    description: "A device in its current state, or the tombstone of a removed device.",
    "x-requirement": "INV-001",
  });
export type DeviceChange = Device | RemovedDevice;
