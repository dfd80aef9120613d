import {
  sandboxDeviceCommandSchema,
  sandboxEventCommandSchema,
  sandboxMoveCommandSchema,
  sandboxStatusCommandSchema,
} from "@convergint/schemas";
import type { FastifyInstance } from "fastify";
import type { DeviceReports } from "../events/device-reports.ts";
import type { Installations } from "../events/installations.ts";
import type { Inventory } from "../inventory/inventory.ts";
import { readBody } from "../problem.ts";

/** The supported sandbox commands. */
export const SANDBOX_COMMANDS = ["status", "events", "add_device", "move_device", "remove_device"] as const;

interface OneDevice {
  Params: { device_id: string };
}

/** The dependencies of the sandbox routes. */
export interface SandboxRouteOptions {
  readonly inventory: Inventory;
  readonly reports: DeviceReports;
  readonly installations: Installations;
  /** Receives the id of each commanded device. */
  readonly onCommand?: (deviceId: string) => void;
}

/**
 * Serves sandbox control, which tests use to command devices. A production cloud must not serve it.
 *
 * @see spec/1.0/contract.md#sandbox-control
 */
export function sandboxRoutes(sandbox: FastifyInstance, options: SandboxRouteOptions): void {
  const { inventory, reports, installations, onCommand = () => {} } = options;
  sandbox.addHook<{ Params: { device_id?: string } }>("preHandler", async ({ params }) => {
    if (params.device_id !== undefined) onCommand(params.device_id);
  });
  sandbox.post<OneDevice>("/devices/:device_id/status", async ({ params, body, credential }) => {
    const device = inventory.device(credential, params.device_id);
    return reports.observe(device, readBody(sandboxStatusCommandSchema, body));
  });
  sandbox.post<OneDevice>("/devices/:device_id/events", async ({ params, body, credential }, reply) => {
    const device = inventory.device(credential, params.device_id);
    const { type, data } = readBody(sandboxEventCommandSchema, body);
    return reply.code(202).send({ event_id: await reports.report(device, type, data ?? {}) });
  });
  sandbox.post("/devices", async ({ body, credential }, reply) => {
    const { site_id, type, name } = readBody(sandboxDeviceCommandSchema, body);
    const site = inventory.site(credential, site_id);
    const device = await installations.add(site, { type, name });
    onCommand(device.device_id);
    return reply.code(201).send(device);
  });
  sandbox.post<OneDevice>("/devices/:device_id/move", async ({ params, body, credential }) => {
    const device = inventory.device(credential, params.device_id);
    const { site_id } = readBody(sandboxMoveCommandSchema, body);
    return installations.move(device, inventory.site(credential, site_id));
  });
  sandbox.delete<OneDevice>("/devices/:device_id", async ({ params, credential }, reply) => {
    await installations.remove(inventory.device(credential, params.device_id));
    return reply.code(204).send();
  });
}
