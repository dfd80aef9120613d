import { type EventCatalog, timestampSchema } from "@convergint/schemas";
import { Refusal } from "../problem.ts";
import type { EventLog } from "./event-log.ts";
import type { Inventory } from "./inventory.ts";
import type { PageCutter } from "./page-cutter.ts";
import type { Route } from "./route.ts";

/** Reads `after`. @throws {Refusal} `invalid_parameter` */
function readAfter(text: string | undefined) {
  const parsed = timestampSchema.optional().safeParse(text);
  if (parsed.success) return parsed.data;
  throw new Refusal(
    "invalid_parameter",
    "Send the parameter `after` as a UTC timestamp, such as 2026-11-23T08:30:00Z.",
  );
}

/** Creates the routes of backfill and the catalogue. @see spec/1.0/contract.md#backfill */
export function eventRoutes(
  events: EventLog,
  inventory: Inventory,
  pages: PageCutter,
  catalogue: () => EventCatalog,
): Route[] {
  return [
    { method: "get", path: "/v1/event-catalog", answer: () => Response.json(catalogue()) },
    {
      method: "get",
      path: "/v1/events",
      answer({ query }) {
        const org_id = query.get("org_id");
        const after = readAfter(query.get("after"));
        const contents = () => {
          // Validates the filter: throws for an unknown org.
          inventory.sites({ org_id });
          return { items: events.list(org_id, after) };
        };
        return Response.json(
          pages.cut({ query, listing: JSON.stringify(["events", org_id, after]), contents }),
        );
      },
    },
  ];
}
