import type { FastifyInstance } from "fastify";
import type { Inventory } from "./inventory.ts";
import { readListQuery } from "./list-query.ts";
import type { Pager } from "./pages.ts";

/** Serves what is there: orgs, sites, devices. @see spec/1.0/contract.md#inventory */
export function inventoryRoutes(v1: FastifyInstance, inventory: Inventory, page: Pager): void {
  v1.get("/orgs", async ({ query, credential }) =>
    page({
      kind: "orgs",
      query: { ...readListQuery(query), filters: {} },
      credential,
      select: () => inventory.orgs(credential),
      idOf: (org) => org.org_id,
    }),
  );
  v1.get("/sites", async ({ query, credential }) =>
    page({
      kind: "sites",
      query: readListQuery(query),
      credential,
      select: (filters) => inventory.sites(credential, filters),
      idOf: (site) => site.site_id,
    }),
  );
  v1.get("/devices", async ({ query, credential }) =>
    page({
      kind: "devices",
      query: readListQuery(query),
      credential,
      select: (filters) => inventory.devices(credential, filters),
      idOf: (device) => device.device_id,
    }),
  );
  v1.get<{ Params: { device_id: string } }>("/devices/:device_id", async ({ params, credential }) =>
    inventory.device(credential, params.device_id),
  );
}
