import type { DeviceChange } from "@convergint/schemas";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { ProblemError } from "../problem.ts";
import type { Inventory } from "./inventory.ts";
import { type ListQuery, readListQuery } from "./list-query.ts";
import { answerUnlessSame, type CutPage, etagOf, type Pager } from "./pages.ts";
import type { SyncTokens } from "./sync-token.ts";

/** The dependencies of the inventory routes. */
export interface InventoryRouteOptions {
  readonly inventory: Inventory;
  /** The inventory to list devices from, which may be an older replica. */
  readonly listed: Inventory;
  readonly page: Pager;
  readonly tokens: SyncTokens;
}

/** Parses the query of a listing that does not support `since`. @throws {ProblemError} `since_not_supported` */
function readWithoutSince(query: unknown): ListQuery {
  const read = readListQuery(query);
  if (read.since !== undefined)
    throw new ProblemError("since_not_supported", "Only the list of devices supports `since`; remove it.");
  return read;
}

const answerPage = <Item>(request: FastifyRequest, reply: FastifyReply, { page, etag }: CutPage<Item>) =>
  answerUnlessSame(request, reply, { content: page, etag });

/** Serves orgs, sites and devices. @see spec/1.0/contract.md#inventory */
export function inventoryRoutes(v1: FastifyInstance, options: InventoryRouteOptions): void {
  const { inventory, listed, page, tokens } = options;
  v1.get("/orgs", async (request, reply) => {
    const { credential } = request;
    const listing = page({
      kind: "orgs",
      query: { ...readWithoutSince(request.query), filters: {} },
      credential,
      select: () => inventory.orgs(credential),
      idOf: (org) => org.org_id,
    });
    return answerPage(request, reply, listing);
  });
  v1.get("/sites", async (request, reply) => {
    const { credential } = request;
    const listing = page({
      kind: "sites",
      query: readWithoutSince(request.query),
      credential,
      select: (filters) => inventory.sites(credential, filters),
      idOf: (site) => site.site_id,
    });
    return answerPage(request, reply, listing);
  });
  v1.get("/devices", async (request, reply) => {
    const { credential } = request;
    const listing = page<DeviceChange>({
      kind: "devices",
      query: readListQuery(request.query),
      credential,
      select: (filters, since) =>
        since === undefined
          ? listed.devices(credential, filters)
          : listed.changes(credential, filters, tokens.read(since, filters, credential)),
      idOf: (device) => device.device_id,
      sync: {
        state: listed.state,
        tokenFor: (filters, state) => tokens.issue(filters, state, credential),
      },
    });
    return answerPage(request, reply, listing);
  });
  v1.get<{ Params: { device_id: string } }>("/devices/:device_id", async (request, reply) => {
    const device = inventory.device(request.credential, request.params.device_id);
    return answerUnlessSame(request, reply, { content: device, etag: etagOf(device) });
  });
}
