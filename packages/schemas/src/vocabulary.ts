import { z } from "zod";
import { text } from "./text.ts";

/** The device types that the contract defines. The vocabulary is open: see {@link canonicalDeviceType}. */
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
 * Maps a vendor's device type to one that the contract defines.
 *
 * @param word the `type` that the vendor sent
 * @returns the same type if it is defined, otherwise `other`; also store the vendor's own type
 * @see spec/1.0/contract.md#open-vocabularies
 */
export function canonicalDeviceType(word: string): DeviceType {
  return DEVICE_TYPES.find((known) => known === word) ?? "other";
}

/** A device type on the wire: any text, because a new kind of device must not break a sync. */
export const deviceTypeSchema = text(1, 64).meta({
  description: `Kind of device. Known: ${DEVICE_TYPES.join(", ")}. A reader maps any other value to \`other\`.`,
  examples: ["camera"],
});

/** Whether a device works, as the vendor's cloud knows it. @see spec/1.0/contract.md#status */
export const deviceStatusSchema = z
  .enum(["online", "degraded", "offline", "unknown"], "Send online, degraded, offline or unknown.")
  .meta({
    id: "DeviceStatus",
    description:
      "online: reachable and working. degraded: reachable with a fault. offline: known to be unreachable. unknown: the vendor's cloud cannot tell, for example because its own connector is down.",
    examples: ["online"],
  });
export type DeviceStatus = z.infer<typeof deviceStatusSchema>;

/** Whether a person switched the device off on purpose; independent of the device's status. */
export const adminStateSchema = z.enum(["enabled", "disabled"], "Send enabled or disabled.").meta({
  description: "Whether a person switched the device off on purpose.",
  examples: ["enabled"],
});
export type AdminState = z.infer<typeof adminStateSchema>;

/** The stage of a device's life. @see spec/1.0/contract.md#devices */
export const lifecycleSchema = z
  .enum(["provisioning", "active", "removed"], "Send provisioning, active or removed.")
  .meta({ description: "The stage of the device's life. Absent means active.", examples: ["active"] });
export type Lifecycle = z.infer<typeof lifecycleSchema>;
