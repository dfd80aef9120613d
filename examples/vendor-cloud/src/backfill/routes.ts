import { randomUUID } from "node:crypto";
import type { Outbox } from "@convergint/delivery";
import { type Event, type Page, timestampSchema } from "@convergint/schemas";
import type { FastifyInstance } from "fastify";
import { z } from "zod";
import { RETENTION_HOURS } from "../deliver/open-outbox.ts";
import type { CursorSeal } from "../inventory/cursor.ts";
import type { Inventory } from "../inventory/inventory.ts";
import { DEFAULT_LIMIT, readListQuery } from "../inventory/list-query.ts";
import { CURSOR_LIFETIME_MS, checkResumable, type PageFill } from "../inventory/pages.ts";
import { ProblemError } from "../problem.ts";

/** The dependencies of the backfill route. */
export interface BackfillOptions {
  readonly outbox: Pick<Outbox, "publishedEvents">;
  readonly inventory: Inventory;
  readonly seal: CursorSeal;
  readonly now: () => Date;
  readonly maxPageSize: number;
  readonly fill: PageFill;
}

const HOUR_MS = 3_600_000;
const querySchema = z.object({ after: timestampSchema.optional() });

/** Reads the parameter `after`. @throws {ProblemError} `invalid_parameter` */
function readAfter(query: unknown): string | undefined {
  const parsed = querySchema.safeParse(query);
  if (!parsed.success)
    throw new ProblemError(
      "invalid_parameter",
      "Send the parameter `after` as a UTC timestamp, such as 2026-11-23T08:30:00Z.",
    );
  return parsed.data.after;
}

/** Returns the time from which to list events. @throws {ProblemError} `backfill_expired` */
function startOf(after: string | undefined, now: Date): Date {
  const kept = new Date(now.getTime() - RETENTION_HOURS * HOUR_MS);
  if (after === undefined) return kept;
  const since = new Date(after);
  if (since >= kept) return since;
  throw new ProblemError(
    "backfill_expired",
    `This cloud keeps events for ${RETENTION_HOURS} hours. For older changes, list the whole inventory.`,
  );
}

/** Serves published events to consumers that missed them. @see spec/1.0/contract.md#backfill */
export function backfillRoutes(v1: FastifyInstance, options: BackfillOptions): void {
  const { outbox, inventory, seal, now, maxPageSize, fill } = options;
  v1.get("/events", async ({ query, credential }): Promise<Page<Event>> => {
    // A cursor belongs to the `after` that it was issued for, in the same way as to every other filter.
    const asked = { ...readListQuery(query), since: readAfter(query) };
    const position = asked.cursor === undefined ? undefined : seal.open(asked.cursor, "events", credential);
    if (position !== undefined) checkResumable(position, asked, now());
    const filters = position?.filters ?? asked.filters;
    if (filters.org_id !== undefined) inventory.requireOrg(credential, filters.org_id);
    const limit = Math.min(asked.limit ?? position?.limit ?? DEFAULT_LIMIT, maxPageSize);
    const snapshot = position?.snapshot ?? { id: randomUUID(), as_of: now().toISOString() };
    const orgIds = filters.org_id === undefined ? credential.orgIds : [filters.org_id];
    const found = await outbox.publishedEvents({
      // After the first page, the cursor's position determines where to continue.
      since: position === undefined ? startOf(asked.since, now()) : new Date(0),
      afterSequence: Number(position?.after ?? 0),
      ...(orgIds !== "all" && { orgIds }),
      // Request one more event than fits on the page, to tell whether this is the last page.
      limit: limit + 1,
    });
    const page = found.slice(0, fill.sizeOf(limit, position));
    const last = page.at(-1);
    const next_cursor =
      page.length === found.length
        ? null
        : seal.seal(
            {
              kind: "events",
              filters,
              since: position === undefined ? asked.since : position.since,
              limit,
              snapshot,
              after: String(last?.sequence ?? position?.after ?? 0),
              isGap: fill.isGapAfter(position),
              expiresAt: now().getTime() + CURSOR_LIFETIME_MS,
            },
            credential,
          );
    return { data: page.map(({ body }) => JSON.parse(body)), next_cursor, snapshot };
  });
}
