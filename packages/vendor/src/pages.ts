import { randomUUID } from "node:crypto";
import type { Page, Snapshot } from "@convergint/schemas";
import { VendorRefusal } from "./refusal.ts";

/** The largest page. */
export const MAX_PAGE_SIZE = 1000;
const DEFAULT_LIMIT = "100";
/** A cursor must work for 10 minutes. @see spec/1.0/contract.md#page-010 */
const CURSOR_MS = 15 * 60_000;

/** Reads the items from a position on. `next` is the position after them, or `null` at the end. */
type Read = (from: number, limit: number) => Promise<{ data: readonly unknown[]; next: number | null }>;

/** The content of a listing, fixed at its first page. */
export interface Contents {
  readonly read: Read;
  readonly total?: number;
}

/** The content of a listing of these items. Later changes do not appear in it. */
export const contentsOf = (items: readonly unknown[]): Contents => ({
  total: items.length,
  read: async (from, limit) => {
    const end = from + limit;
    return { data: items.slice(from, end), next: end < items.length ? end : null };
  },
});

/** A call for a page. */
export interface PageCall {
  /** The caller, the path and the filters. A cursor is valid only for calls with the same key. */
  readonly key: string;
  readonly limit: string | undefined;
  readonly cursor: string | undefined;
  /** Called only for the first page. */
  readonly begin: () => Contents;
}

interface Place {
  readonly key: string;
  readonly contents: Contents;
  readonly snapshot: Snapshot;
  readonly from: number;
  readonly expiresAt: number;
}

/** Cuts listings into pages. Keeps cursors in the memory of this process. @see spec/1.0/contract.md#pagination */
export class Pages {
  readonly #now: () => number;
  /** The places by cursor, in the order in which they expire. */
  readonly #places = new Map<string, Place>();

  constructor(now: () => number) {
    this.#now = now;
  }

  /** @throws {VendorRefusal} `invalid_limit`, `invalid_cursor`, `cursor_expired` */
  async cut({ key, limit = DEFAULT_LIMIT, cursor, begin }: PageCall): Promise<Page<unknown>> {
    if (!/^\d*[1-9]\d*$/.test(limit)) throw new VendorRefusal("invalid_limit");
    const place = cursor === undefined ? this.#begin(key, begin()) : this.#resume(key, cursor);
    const { contents, snapshot, from } = place;
    const { data, next } = await contents.read(from, Math.min(Number(limit), MAX_PAGE_SIZE));
    return { data: [...data], next_cursor: next === null ? null : this.#mark(place, next), snapshot };
  }

  #begin(key: string, contents: Contents): Place {
    const snapshot = {
      id: `snap_${randomUUID()}`,
      as_of: new Date(this.#now()).toISOString(),
      ...(contents.total !== undefined && { total_count: contents.total }),
    };
    return { key, contents, snapshot, from: 0, expiresAt: 0 };
  }

  #resume(key: string, cursor: string): Place {
    for (const [each, { expiresAt }] of this.#places) {
      if (expiresAt > this.#now()) break;
      this.#places.delete(each);
    }
    const place = this.#places.get(cursor);
    // An unknown cursor is answered like an expired one. The contract allows that, and the answer reveals nothing.
    if (place === undefined) throw new VendorRefusal("cursor_expired");
    if (place.key !== key) throw new VendorRefusal("invalid_cursor");
    return place;
  }

  #mark(place: Place, from: number): string {
    const cursor = `cur_${randomUUID()}`;
    this.#places.set(cursor, { ...place, from, expiresAt: this.#now() + CURSOR_MS });
    return cursor;
  }
}
