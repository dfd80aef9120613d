import { z } from "zod";
import { text } from "./text.ts";
import { ADMIN_STATES, DEVICE_STATUSES, DEVICE_TYPES, LIFECYCLES } from "./values.ts";

/** A device type on the wire: any text, because a new kind of device must not break a sync. */
export const deviceTypeSchema = text(1, 64).meta({
  description: `Kind of device. Known: ${DEVICE_TYPES.join(", ")}. A reader maps any other value to \`other\`.`,
  examples: ["camera"],
});

/** Whether a device works, as the vendor's cloud knows it. @see spec/1.0/contract.md#status */
export const deviceStatusSchema = z.enum(DEVICE_STATUSES, "Send online, degraded, offline or unknown.").meta({
  id: "DeviceStatus",
  description:
    "online: reachable and working. degraded: reachable with a fault. offline: known to be unreachable. unknown: the vendor's cloud cannot tell, for example because its own connector is down.",
  examples: ["online"],
});

/** Whether a person switched the device off on purpose; independent of the device's status. */
export const adminStateSchema = z.enum(ADMIN_STATES, "Send enabled or disabled.").meta({
  description: "Whether a person switched the device off on purpose.",
  examples: ["enabled"],
});

/** The stage of a device's life. @see spec/1.0/contract.md#devices */
export const lifecycleSchema = z
  .enum(LIFECYCLES, "Send provisioning, active or removed.")
  .meta({ description: "The stage of the device's life. Absent means active.", examples: ["active"] });
