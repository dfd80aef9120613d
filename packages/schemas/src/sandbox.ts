import { z } from "zod";
import { siteIdSchema } from "./ids.ts";
import { text } from "./text.ts";
import { deviceStatusSchema, deviceTypeSchema } from "./vocabulary.ts";

/**
 * Sandbox control: sets the status of a sandbox device, as if the device itself had changed.
 * Posted to `{sandbox.control_url}/devices/{device_id}/status`. @see spec/1.0/contract.md#sandbox-control
 */
export const sandboxStatusCommandSchema = z
  .looseObject({
    status: deviceStatusSchema,
    status_reason: text(0, 256)
      .nullish()
      .meta({ description: "The reason, as a short code.", examples: ["power_loss"] }),
  })
  .meta({
    id: "SandboxStatusCommand",
    description: "The new status of a sandbox device.",
    "x-requirement": "SBX-001",
  });
export type SandboxStatusCommand = z.infer<typeof sandboxStatusCommandSchema>;

/**
 * Sandbox control: publishes an event of a type of the catalogue for a device.
 * Posted to `{sandbox.control_url}/devices/{device_id}/events`. @see spec/1.0/contract.md#sandbox-control
 */
export const sandboxEventCommandSchema = z
  .looseObject({
    type: text(1, 256).meta({
      description: "An event type of the vendor's catalogue.",
      examples: ["com.convergint.device.heartbeat.v1"],
    }),
    data: z
      .looseObject({})
      .nullish()
      .meta({
        description:
          "JSON members to put into the event's `data`; the vendor adds the remaining members of `data`.",
        examples: [{ alarm_type: "intrusion" }],
      }),
  })
  .meta({
    id: "SandboxEventCommand",
    description: "The event that a sandbox device publishes.",
    "x-requirement": "SBX-006",
  });
export type SandboxEventCommand = z.infer<typeof sandboxEventCommandSchema>;

/**
 * Sandbox control: adds a device, as if a person had installed it. Posted to `{sandbox.control_url}/devices`.
 * @see spec/1.0/contract.md#sandbox-control
 */
export const sandboxDeviceCommandSchema = z
  .looseObject({
    site_id: siteIdSchema,
    type: deviceTypeSchema,
    name: text(1, 512).meta({ description: "Name of the new device.", examples: ["New camera"] }),
  })
  .meta({
    id: "SandboxDeviceCommand",
    description: "The device to add to a sandbox.",
    "x-requirement": "SBX-006",
  });
export type SandboxDeviceCommand = z.infer<typeof sandboxDeviceCommandSchema>;

/**
 * Sandbox control: moves a device to another site. Posted to `{sandbox.control_url}/devices/{device_id}/move`.
 * @see spec/1.0/contract.md#sandbox-control
 */
export const sandboxMoveCommandSchema = z
  .looseObject({ site_id: siteIdSchema.meta({ description: "The new site of the device." }) })
  .meta({
    id: "SandboxMoveCommand",
    description: "The new site of a sandbox device.",
    "x-requirement": "SBX-006",
  });
export type SandboxMoveCommand = z.infer<typeof sandboxMoveCommandSchema>;
