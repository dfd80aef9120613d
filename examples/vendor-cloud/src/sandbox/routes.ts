import { sandboxEventCommandSchema, sandboxStatusCommandSchema } from "@convergint/schemas";
import type { FastifyInstance } from "fastify";
import type { DeviceReports } from "../events/device-reports.ts";
import type { Inventory } from "../inventory/inventory.ts";
import { readBody } from "../request-body.ts";

interface OneDevice {
  Params: { device_id: string };
}

/** Lets a test play the devices. A production cloud must not serve this. @see spec/1.0/contract.md#sandbox-control */
export function sandboxRoutes(sandbox: FastifyInstance, inventory: Inventory, reports: DeviceReports): void {
  sandbox.post<OneDevice>("/devices/:device_id/status", async ({ params, body, credential }) => {
    const device = inventory.device(credential, params.device_id);
    return reports.observe(device, readBody(sandboxStatusCommandSchema, body));
  });
  sandbox.post<OneDevice>("/devices/:device_id/events", async ({ params, body, credential }, reply) => {
    const device = inventory.device(credential, params.device_id);
    const { type, data } = readBody(sandboxEventCommandSchema, body);
    return reply.code(202).send({ event_id: await reports.report(device, type, data ?? {}) });
  });
}
