import type { Device, RemovedDevice } from "@convergint/schemas";
import { Refusal } from "../problem.ts";
import type { Filters, Inventory } from "./inventory.ts";
import type { Contents, ListQuery, PageCutter } from "./page-cutter.ts";
import type { Route } from "./route.ts";
import type { SyncTokens } from "./sync-tokens.ts";

const filtersOf = (query: ListQuery): Filters => ({
  org_id: query.get("org_id"),
  site_id: query.get("site_id"),
  system_id: query.get("system_id"),
});

/** Creates the routes of orgs and sites. @see spec/1.0/contract.md#sites */
export function placeRoutes(inventory: Inventory, pages: PageCutter): Route[] {
  return [
    {
      method: "get",
      path: "/v1/orgs",
      answer: ({ query }) =>
        Response.json(pages.cut({ query, listing: "orgs", contents: () => ({ items: inventory.orgs }) })),
    },
    {
      method: "get",
      path: "/v1/sites",
      answer({ query }) {
        const org_id = query.get("org_id");
        const listing = JSON.stringify(["sites", org_id]);
        return Response.json(
          pages.cut({ query, listing, contents: () => ({ items: inventory.sites({ org_id }) }) }),
        );
      },
    },
  ];
}

/** Creates the routes of devices and their changes. @see spec/1.0/contract.md#inventory */
export function deviceRoutes(inventory: Inventory, pages: PageCutter, tokens: SyncTokens): Route[] {
  return [
    {
      method: "get",
      path: "/v1/devices",
      answer({ query }) {
        const filters = filtersOf(query);
        const since = query.get("since");
        const listing = JSON.stringify([
          "devices",
          filters.org_id,
          filters.site_id,
          filters.system_id,
          since,
        ]);
        const contents = (): Contents<Device | RemovedDevice> =>
          since === undefined ? tokens.everything(filters) : tokens.changes(filters, since);
        return Response.json(pages.cut({ query, listing, contents }));
      },
    },
    {
      method: "get",
      path: "/v1/devices/:id",
      answer({ id }) {
        const device = inventory.device(id);
        if (device === undefined)
          throw new Refusal(
            "unknown_device",
            "No device with this id is visible to this credential. List the devices with GET /v1/devices.",
          );
        return Response.json(device);
      },
    },
  ];
}
