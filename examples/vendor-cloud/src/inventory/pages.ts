import { randomUUID } from "node:crypto";
import type { Page } from "@convergint/schemas";
import type { Credential } from "../credentials.ts";
import { ProblemError } from "../problem.ts";
import type { CursorSeal, ListingKind, Position } from "./cursor.ts";
import type { Filters } from "./inventory.ts";
import { DEFAULT_LIMIT, type ListQuery } from "./list-query.ts";

/** How long a caller may take from one page to the next. */
export const CURSOR_LIFETIME_MS = 10 * 60 * 1000;

/** What there is to list, and for whom. */
export interface Listing<Item> {
  readonly kind: ListingKind;
  readonly query: ListQuery;
  readonly credential: Credential;
  /** The matching items as they are now, in the order of {@link idOf}. */
  select(filters: Filters): readonly Item[];
  idOf(item: Item): string;
}

/** Cuts listings into pages. */
export type Pager = <Item>(listing: Listing<Item>) => Page<Item>;

/**
 * A page goes on after the *id* the one before ended at, not after a count of items: whatever is added, removed or
 * changed in between, an item that is there throughout comes exactly once.
 *
 * @see spec/1.0/contract.md#pagination
 */
export function createPager(seal: CursorSeal, now: () => Date): Pager {
  return ({ kind, query, credential, select, idOf }) => {
    const position = query.cursor === undefined ? undefined : seal.open(query.cursor, kind, credential);
    if (position !== undefined) checkResumable(position, query.filters, now());
    const filters = position?.filters ?? query.filters;
    const limit = query.limit ?? position?.limit ?? DEFAULT_LIMIT;
    const all = select(filters);
    const snapshot = position?.snapshot ?? {
      id: randomUUID(),
      as_of: now().toISOString(),
      total_count: all.length,
    };
    const rest = position === undefined ? all : all.filter((item) => idOf(item) > position.after);
    const data = rest.slice(0, limit);
    const last = data.at(-1);
    const next_cursor =
      last === undefined || data.length === rest.length
        ? null
        : seal.seal(
            {
              kind,
              filters,
              limit,
              snapshot,
              after: idOf(last),
              expiresAt: now().getTime() + CURSOR_LIFETIME_MS,
            },
            credential,
          );
    return { data, next_cursor, snapshot };
  };
}

/**
 * The cursor carries the filters; given again beside it, they may only say the same.
 *
 * @throws {ProblemError} `cursor_expired`, `invalid_cursor`
 */
export function checkResumable(position: Position, given: Filters, now: Date): void {
  if (now.getTime() >= position.expiresAt)
    throw new ProblemError("cursor_expired", "This cursor has expired: list again without one.");
  const differs = (key: keyof Filters): boolean =>
    given[key] !== undefined && given[key] !== position.filters[key];
  if (differs("org_id") || differs("site_id"))
    throw new ProblemError("invalid_cursor", "This cursor belongs to a listing with other filters.");
}
