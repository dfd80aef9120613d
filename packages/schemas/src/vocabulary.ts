import { z } from "zod";
import { text } from "./text.ts";

/** The device types the contract knows. The vocabulary is open: see {@link canonicalDeviceType}. */
export const DEVICE_TYPES = [
  "camera",
  "intercom",
  "recorder",
  "video_gateway",
  "access_controller",
  "reader",
  "door",
  "lock",
  "alarm_panel",
  "keypad",
  "sensor",
  "relay_io",
  "speaker",
  "display",
  "network_switch",
  "access_point",
  "router",
  "gateway",
  "server",
  "power",
  "other",
] as const;
export type DeviceType = (typeof DEVICE_TYPES)[number];

/**
 * Maps a word of the open device-type vocabulary to one the contract knows.
 *
 * @param word the `type` a vendor sent
 * @returns the same word where it is known, else `other`; keep the vendor's word beside it
 * @see spec/1.0/contract.md#open-vocabularies
 */
export function canonicalDeviceType(word: string): DeviceType {
  return DEVICE_TYPES.find((known) => known === word) ?? "other";
}

/** A device type as it travels: any word, because a new kind of device must not break a sync. */
export const deviceTypeSchema = text(1, 64).meta({
  description: `What the device is. Known: ${DEVICE_TYPES.join(", ")}. A reader maps any other word to \`other\`.`,
  examples: ["camera"],
});

/** Whether a device works, as the vendor's cloud knows it. @see spec/1.0/contract.md#status */
export const deviceStatusSchema = z
  .enum(["online", "degraded", "offline", "unknown"], "Send online, degraded, offline or unknown.")
  .meta({
    id: "DeviceStatus",
    description:
      "online: reachable and well. degraded: reachable with a fault. offline: known to be unreachable. unknown: the vendor's cloud cannot tell, for instance because its own connector is down.",
    examples: ["online"],
  });
export type DeviceStatus = z.infer<typeof deviceStatusSchema>;

/** Whether somebody switched the device off on purpose; independent of its status. */
export const adminStateSchema = z.enum(["enabled", "disabled"], "Send enabled or disabled.").meta({
  description: "Whether somebody switched the device off on purpose.",
  examples: ["enabled"],
});
export type AdminState = z.infer<typeof adminStateSchema>;

/** Where a device is in its life. @see spec/1.0/contract.md#devices */
export const lifecycleSchema = z
  .enum(["provisioning", "active", "removed"], "Send provisioning, active or removed.")
  .meta({ description: "Where the device is in its life. Absent means active.", examples: ["active"] });
export type Lifecycle = z.infer<typeof lifecycleSchema>;
