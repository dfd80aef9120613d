import { z } from "zod";
import { deviceStatusSchema } from "./vocabulary.ts";

/**
 * Sandbox control: makes a sandbox device's status become this, as if the device itself had changed.
 * Posted to `{sandbox.control_url}/devices/{device_id}/status`. @see spec/1.0/contract.md#sandbox-control
 */
export const sandboxStatusCommandSchema = z
  .looseObject({ status: deviceStatusSchema, status_reason: z.string().max(256).nullish() })
  .meta({ id: "SandboxStatusCommand", description: "The status a sandbox device is to take." });
export type SandboxStatusCommand = z.infer<typeof sandboxStatusCommandSchema>;

/**
 * Sandbox control: publishes an event of this catalogued type for a device, if only a heartbeat.
 * Posted to `{sandbox.control_url}/devices/{device_id}/events`. @see spec/1.0/contract.md#sandbox-control
 */
export const sandboxEventCommandSchema = z
  .looseObject({ type: z.string().min(1).max(256) })
  .meta({ id: "SandboxEventCommand", description: "The catalogued event a sandbox device is to publish." });
export type SandboxEventCommand = z.infer<typeof sandboxEventCommandSchema>;
