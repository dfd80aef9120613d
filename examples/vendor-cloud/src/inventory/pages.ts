import { createHash, randomUUID } from "node:crypto";
import type { Page } from "@convergint/schemas";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { Credential } from "../credentials.ts";
import { ProblemError } from "../problem.ts";
import { idOrder, PLAIN, type Variation } from "../variation/variation.ts";
import type { CursorSeal, ListingKind, Position } from "./cursor.ts";
import { DEFAULT_LIMIT, differencesOf, type Filters, type ListQuery } from "./list-query.ts";

/** Returns the ETag of some content. The ETag is weak, because the same content may be compressed. */
export const etagOf = (content: unknown): string =>
  `W/"${createHash("sha256").update(JSON.stringify(content)).digest("base64url").slice(0, 27)}"`;

/**
 * Sends the content, or 304 if the caller already has it.
 *
 * @param etag the content's ETag; `null` if the content has none
 * @see spec/1.0/contract.md#conditional-requests
 */
export function answerUnlessSame<Content>(
  request: FastifyRequest,
  reply: FastifyReply,
  { content, etag }: { readonly content: Content; readonly etag: string | null },
): Content | FastifyReply {
  if (etag === null) return content;
  reply.header("etag", etag);
  const held = (request.headers["if-none-match"] ?? "").split(",").map((each) => each.trim());
  return held.includes(etag) || held.includes("*") ? reply.code(304).send() : content;
}

/** How long a cursor is valid. */
export const CURSOR_LIFETIME_MS = 10 * 60 * 1000;

/** The content of a listing and its caller. */
interface Listing<Item> {
  readonly kind: ListingKind;
  readonly query: ListQuery;
  readonly credential: Credential;
  /** Returns the current matching items, in the order of {@link idOf}. @param since a sync token, to list changes */
  select(filters: Filters, since: string | undefined): readonly Item[];
  idOf(item: Item): string;
  /** The sync tokens of the listing; absent if the listing does not support incremental sync. */
  readonly sync?: {
    /** Returns the number of the current state. */
    readonly state: number;
    tokenFor(filters: Filters, state: number): string;
  };
}

/** A page and, if it is the listing's first page, the ETag of the whole listing. */
export interface CutPage<Item> {
  readonly page: Page<Item>;
  readonly etag: string | null;
}

/** Splits listings into pages. */
export type Pager = <Item>(listing: Listing<Item>) => CutPage<Item>;

/** Decides how many items each page of a listing has; at most the request's `limit`. */
export interface PageFill {
  sizeOf(limit: number, position: Position | undefined): number;
  /** Whether an empty page follows the page at this position. */
  isGapAfter(position: Position | undefined): boolean | undefined;
}

/** @param below returns a random whole number below its argument */
export const createPageFill = (
  { fill }: Pick<Variation, "fill">,
  below: (bound: number) => number,
): PageFill => ({
  sizeOf: (limit, position) => {
    if (position?.isGap) return 0;
    return fill === "half" ? limit - Math.floor(below(Math.floor(limit / 2) + 1)) : limit;
  },
  isGapAfter: (position) => (fill === "gaps" ? !position?.isGap : undefined),
});

/**
 * Creates a pager. A page starts after the last *id* of the previous page, not at an offset. So an item that
 * exists during the whole listing is listed exactly once, whatever changes between two pages.
 *
 * @param variation the order of ids, and how full pages are
 * @see spec/1.0/contract.md#pagination
 */
export function createPager(
  seal: CursorSeal,
  now: () => Date,
  variation: Pick<Variation, "order" | "maxPageSize" | "totalCount" | "fill"> = PLAIN,
  fill: PageFill = createPageFill(variation, () => 0),
): Pager {
  const compare = idOrder(variation);
  return ({ kind, query, credential, select, idOf, sync }) => {
    const position = query.cursor === undefined ? undefined : seal.open(query.cursor, kind, credential);
    if (position !== undefined) checkResumable(position, query, now());
    const { filters, since } = position ?? query;
    const limit = Math.min(query.limit ?? position?.limit ?? DEFAULT_LIMIT, variation.maxPageSize);
    // Changes made while a client reads the pages belong to the next listing of changes.
    const state = position?.state ?? sync?.state;
    const all = select(filters, since);
    const snapshot = position?.snapshot ?? {
      id: randomUUID(),
      as_of: now().toISOString(),
      ...(variation.totalCount && { total_count: all.length }),
    };
    const rest = position === undefined ? all : all.filter((item) => compare(idOf(item), position.after) > 0);
    const data = rest.slice(0, fill.sizeOf(limit, position));
    const last = data.at(-1);
    const etag = position === undefined ? etagOf([limit, all]) : null;
    if (data.length === rest.length) {
      const sync_token = state === undefined ? undefined : sync?.tokenFor(filters, state);
      return { page: { data, next_cursor: null, snapshot, ...(sync_token && { sync_token }) }, etag };
    }
    const after = last === undefined ? (position?.after ?? "") : idOf(last);
    const expiresAt = now().getTime() + CURSOR_LIFETIME_MS;
    const isGap = fill.isGapAfter(position);
    const next: Position = { kind, filters, since, limit, snapshot, state, after, expiresAt, isGap };
    return { page: { data, next_cursor: seal.seal(next, credential), snapshot }, etag };
  };
}

/**
 * Checks that a cursor has not expired, and that filters sent with the cursor match the cursor's own filters.
 *
 * @throws {ProblemError} `cursor_expired`, `invalid_cursor`
 */
export function checkResumable(position: Position, given: ListQuery, now: Date): void {
  if (now.getTime() >= position.expiresAt)
    throw new ProblemError("cursor_expired", "This cursor has expired. List again without a cursor.");
  const differing = differencesOf(given.filters, position.filters).filter(
    (name) => given.filters[name] !== undefined,
  );
  const isOfAnother = given.since !== undefined && given.since !== position.since;
  if (differing.length > 0 || isOfAnother)
    throw new ProblemError("invalid_cursor", "This cursor belongs to a listing with other filters.");
}
