import { z } from "zod";
import { siteIdSchema } from "./ids.ts";
import { text } from "./text.ts";
import { deviceStatusSchema, deviceTypeSchema } from "./vocabulary.ts";

/**
 * Sandbox control: makes a sandbox device's status become this, as if the device itself had changed.
 * Posted to `{sandbox.control_url}/devices/{device_id}/status`. @see spec/1.0/contract.md#sandbox-control
 */
export const sandboxStatusCommandSchema = z
  .looseObject({
    status: deviceStatusSchema,
    status_reason: text(0, 256)
      .nullish()
      .meta({ description: "Why, in a word.", examples: ["power_loss"] }),
  })
  .meta({
    id: "SandboxStatusCommand",
    description: "The status a sandbox device is to take.",
    "x-requirement": "SBX-001",
  });
export type SandboxStatusCommand = z.infer<typeof sandboxStatusCommandSchema>;

/**
 * Sandbox control: publishes an event of this catalogued type for a device, if only a heartbeat.
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
        description: "Members the event's `data` is to have; the vendor adds what it knows itself.",
        examples: [{ alarm_type: "intrusion" }],
      }),
  })
  .meta({
    id: "SandboxEventCommand",
    description: "The catalogued event a sandbox device is to publish.",
    "x-requirement": "SBX-006",
  });
export type SandboxEventCommand = z.infer<typeof sandboxEventCommandSchema>;

/**
 * Sandbox control: adds a device, as if somebody had installed it. Posted to `{sandbox.control_url}/devices`.
 * @see spec/1.0/contract.md#sandbox-control
 */
export const sandboxDeviceCommandSchema = z
  .looseObject({
    site_id: siteIdSchema,
    type: deviceTypeSchema,
    name: text(1, 512).meta({ description: "Name the device is to have.", examples: ["New camera"] }),
  })
  .meta({
    id: "SandboxDeviceCommand",
    description: "The device a sandbox is to have from now on.",
    "x-requirement": "SBX-006",
  });
export type SandboxDeviceCommand = z.infer<typeof sandboxDeviceCommandSchema>;

/**
 * Sandbox control: moves a device to another site. Posted to `{sandbox.control_url}/devices/{device_id}/move`.
 * @see spec/1.0/contract.md#sandbox-control
 */
export const sandboxMoveCommandSchema = z
  .looseObject({ site_id: siteIdSchema.meta({ description: "The site the device is to move to." }) })
  .meta({
    id: "SandboxMoveCommand",
    description: "Where a sandbox device is to move.",
    "x-requirement": "SBX-006",
  });
export type SandboxMoveCommand = z.infer<typeof sandboxMoveCommandSchema>;
