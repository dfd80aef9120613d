import { randomUUID } from "node:crypto";
import type { Page } from "@convergint/schemas";
import type { Credential } from "../credentials.ts";
import { ProblemError } from "../problem.ts";
import type { CursorSeal, ListingKind, Position } from "./cursor.ts";
import { etagOf } from "./etag.ts";
import type { Filters } from "./filters.ts";
import { DEFAULT_LIMIT, type ListQuery } from "./list-query.ts";

/** How long a caller may take from one page to the next. */
export const CURSOR_LIFETIME_MS = 10 * 60 * 1000;

/** What there is to list, and for whom. */
export interface Listing<Item> {
  readonly kind: ListingKind;
  readonly query: ListQuery;
  readonly credential: Credential;
  /** The matching items as they are now, in the order of {@link idOf}. @param since a token, where changes are asked for */
  select(filters: Filters, since: string | undefined): readonly Item[];
  idOf(item: Item): string;
  /** How to go on from the listing once it is read, where that can be asked for. */
  readonly sync?: {
    /** The state of the inventory as it is now. */
    readonly state: number;
    tokenFor(filters: Filters, state: number): string;
  };
}

/** A page, and what tells whether the whole listing is still the same; that is for first pages alone. */
export interface CutPage<Item> {
  readonly page: Page<Item>;
  readonly etag: string | null;
}

/** Cuts listings into pages. */
export type Pager = <Item>(listing: Listing<Item>) => CutPage<Item>;

/**
 * A page goes on after the *id* the one before ended at, not after a count of items: whatever is added, removed or
 * changed in between, an item that is there throughout comes exactly once.
 *
 * @see spec/1.0/contract.md#pagination
 */
export function createPager(seal: CursorSeal, now: () => Date): Pager {
  return ({ kind, query, credential, select, idOf, sync }) => {
    const position = query.cursor === undefined ? undefined : seal.open(query.cursor, kind, credential);
    if (position !== undefined) checkResumable(position, query, now());
    const { filters, since } = position ?? query;
    const limit = query.limit ?? position?.limit ?? DEFAULT_LIMIT;
    // What changes while the pages are read is for the next listing to tell.
    const state = position?.state ?? sync?.state;
    const all = select(filters, since);
    const snapshot = position?.snapshot ?? {
      id: randomUUID(),
      as_of: now().toISOString(),
      total_count: all.length,
    };
    const rest = position === undefined ? all : all.filter((item) => idOf(item) > position.after);
    const data = rest.slice(0, limit);
    const last = data.at(-1);
    const etag = position === undefined ? etagOf([limit, all]) : null;
    if (last === undefined || data.length === rest.length) {
      const sync_token = state === undefined ? undefined : sync?.tokenFor(filters, state);
      return { page: { data, next_cursor: null, snapshot, ...(sync_token && { sync_token }) }, etag };
    }
    const after = idOf(last);
    const expiresAt = now().getTime() + CURSOR_LIFETIME_MS;
    const next: Position = { kind, filters, since, limit, snapshot, state, after, expiresAt };
    return { page: { data, next_cursor: seal.seal(next, credential), snapshot }, etag };
  };
}

/**
 * The cursor carries the filters; given again beside it, they may only say the same.
 *
 * @throws {ProblemError} `cursor_expired`, `invalid_cursor`
 */
export function checkResumable(position: Position, given: ListQuery, now: Date): void {
  if (now.getTime() >= position.expiresAt)
    throw new ProblemError("cursor_expired", "This cursor has expired: list again without one.");
  const differs = (name: "org_id" | "site_id"): boolean =>
    given.filters[name] !== undefined && given.filters[name] !== position.filters[name];
  const isOfAnother = given.since !== undefined && given.since !== position.since;
  if (differs("org_id") || differs("site_id") || isOfAnother)
    throw new ProblemError("invalid_cursor", "This cursor belongs to a listing with other filters.");
}
