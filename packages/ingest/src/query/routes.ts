import type { FastifyInstance } from "fastify";
import { ProblemError } from "../problem.ts";
import type { StoredEvent, StoreReader } from "../store/store.ts";
import {
  deviceQuerySchema,
  eventQuerySchema,
  read,
  readCursor,
  refusedQuerySchema,
  writeCursor,
} from "./parameters.ts";

/** The event stands in it as it was signed: parsing and writing it anew would round its numbers. */
const shownEvent = ({ body, ...row }: StoredEvent): string =>
  `${JSON.stringify(row).slice(0, -1)},"event":${body}}`;

/** Adds the calls that show what the server knows. */
export function queryRoutes(app: FastifyInstance, reader: StoreReader): void {
  app.get("/devices", async ({ query }) => {
    const { integration_id, site_id, status, limit, cursor } = read(deviceQuerySchema, query);
    const found = reader.devices({
      integrationId: integration_id ?? null,
      siteId: site_id ?? null,
      status: status ?? null,
      after: cursor === undefined ? null : readCursor(cursor),
      // One more than asked for tells whether there is another page.
      limit: limit + 1,
    });
    const data = found.slice(0, limit);
    const last = data.at(-1);
    const more = found.length > limit && last;
    return { data, next_cursor: more ? writeCursor(last.integration_id, last.device_id) : null };
  });

  app.get<{ Params: { integrationId: string; deviceId: string } }>(
    "/integrations/:integrationId/devices/:deviceId",
    async ({ params }) => {
      const device = reader.device(params.integrationId, params.deviceId);
      if (device) return device;
      throw new ProblemError(
        404,
        "unknown_device",
        "No event and no inventory of this integration has told of such a device.",
      );
    },
  );

  app.get("/events", async ({ query }, reply) => {
    const { after, limit } = read(eventQuerySchema, query);
    const data = reader.events(after, limit).map(shownEvent);
    return reply.type("application/json; charset=utf-8").send(`{"data":[${data.join(",")}]}`);
  });

  app.get("/refused-deliveries", async ({ query }) => ({
    data: reader.refusedDeliveries(read(refusedQuerySchema, query).limit),
  }));
}
