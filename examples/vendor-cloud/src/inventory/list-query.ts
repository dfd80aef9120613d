import type { OrgId, SiteId, SystemId } from "@convergint/schemas";
import { z } from "zod";
import { ProblemError } from "../problem.ts";

/** The filters of a listing of sites or devices. */
export interface Filters {
  readonly org_id?: OrgId | undefined;
  readonly site_id?: SiteId | undefined;
  readonly system_id?: SystemId | undefined;
}

/** Returns the filters in which two listings differ. */
export const differencesOf = (one: Filters, other: Filters): (keyof Filters)[] =>
  (["org_id", "site_id", "system_id"] as const).filter((name) => one[name] !== other[name]);

export const DEFAULT_LIMIT = 100;
const MAX_LIMIT = 1000;

/** The query of a listing. */
export interface ListQuery {
  readonly filters: Filters;
  readonly limit: number | undefined;
  readonly cursor: string | undefined;
  readonly since: string | undefined;
}

const querySchema = z.object({
  org_id: z.string().optional(),
  site_id: z.string().optional(),
  system_id: z.string().optional(),
  limit: z.string().optional(),
  cursor: z.string().optional(),
  since: z.string().optional(),
});

/** A limit is a maximum, so a `limit` above the largest page size is lowered, not refused. */
function readLimit(text: string): number {
  const limit = /^\d+$/.test(text) ? Number(text) : 0;
  if (limit < 1) throw new ProblemError("invalid_limit", "Send `limit` as a whole number of at least 1.");
  return Math.min(limit, MAX_LIMIT);
}

/**
 * Parses the query string of a listing. Ignores unknown parameters.
 *
 * @throws {ProblemError} `invalid_parameter`, `invalid_limit`
 */
export function readListQuery(query: unknown): ListQuery {
  const parsed = querySchema.safeParse(query);
  if (!parsed.success) throw new ProblemError("invalid_parameter", "Send each parameter once.");
  const { org_id, site_id, system_id, limit, cursor, since } = parsed.data;
  return {
    filters: {
      // These ids are not validated here, because the inventory refuses unknown ids.
      org_id: org_id as OrgId | undefined,
      site_id: site_id as SiteId | undefined,
      system_id: system_id as SystemId | undefined,
    },
    limit: limit === undefined ? undefined : readLimit(limit),
    cursor,
    since,
  };
}
