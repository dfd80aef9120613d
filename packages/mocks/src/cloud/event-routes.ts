import {
  type Event,
  type EventCatalog,
  sortableTimestamp,
  type Timestamp,
  timestampSchema,
} from "@convergint/schemas";
import { MockError } from "../mock-error.ts";
import { Refusal } from "../problem.ts";
import type { Inventory } from "./inventory.ts";
import type { PageCutter } from "./page-cutter.ts";
import type { Route } from "./route.ts";

interface Published {
  readonly event: Event;
  readonly at: string;
}

/** The published events, in the order of publication. @see spec/1.0/contract.md#backfill */
export class EventLog {
  readonly #published: Published[] = [];
  readonly #keys = new Set<string>();

  /** @throws {MockError} `invalid_event` if there already is an event with the same source and id */
  add(event: Event, at: Date): void {
    const key = JSON.stringify([event.source, event.id]);
    if (this.#keys.has(key))
      throw new MockError("invalid_event", `An event with the id ${event.id} is already published.`);
    this.#keys.add(key);
    this.#published.push({ event, at: sortableTimestamp(at.toISOString()) });
  }

  /** The types of the published events. */
  get types(): ReadonlySet<string> {
    return new Set(this.#published.map(({ event }) => event.type));
  }

  /** Returns the events published at or after a moment. */
  list(orgId: string | undefined, after: Timestamp | undefined): readonly Event[] {
    const from = after === undefined ? "" : sortableTimestamp(after);
    return this.#published
      .filter(({ event, at }) => at >= from && (orgId === undefined || event.data.org_id === orgId))
      .map(({ event }) => event);
  }
}

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
          // Validates the filter of the call: throws for an unknown org.
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
