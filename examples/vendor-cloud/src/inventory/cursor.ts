import { createHmac, timingSafeEqual } from "node:crypto";
import type { Snapshot } from "@convergint/schemas";
import type { Credential } from "../credentials.ts";
import { ProblemError } from "../problem.ts";
import type { Filters } from "./list-query.ts";

/** The kind of a listing. */
export type ListingKind = "orgs" | "sites" | "devices" | "events";

/** A position in a listing: everything that is needed to serve the next page. */
export interface Position {
  readonly kind: ListingKind;
  readonly filters: Filters;
  readonly limit: number;
  readonly snapshot: Snapshot;
  /** The sync token of the request, for a listing of changes; for events, `after`. */
  readonly since?: string | undefined;
  /** The state of the inventory when the listing's first page was served. */
  readonly state?: number | undefined;
  /** The last id of the previous page; for events, the sequence number. */
  readonly after: string;
  /** Whether the page with this cursor is empty; absent if no page is empty without a reason. */
  readonly isGap?: boolean | undefined;
  /** Unix milliseconds. */
  readonly expiresAt: number;
}

/** Converts positions to cursors and back. A cursor is the sealed position, so the server keeps no state. */
export interface CursorSeal {
  seal(position: Position, credential: Credential): string;
  /** @throws {ProblemError} `invalid_cursor` if the cursor was not issued to this credential for this kind of listing */
  open(cursor: string, kind: ListingKind, credential: Credential): Position;
}

/**
 * @param secret at least 32 random bytes; a client that knows them can forge cursors, but only for its own
 *   devices
 */
export function createCursorSeal(secret: Buffer): CursorSeal {
  const mac = (payload: string, credential: Credential): Buffer =>
    createHmac("sha256", secret).update(`${credential.id}.${payload}`).digest();
  return {
    seal(position, credential) {
      const payload = Buffer.from(JSON.stringify(position)).toString("base64url");
      return `${payload}.${mac(payload, credential).toString("base64url")}`;
    },
    open(cursor, kind, credential) {
      const [payload = ""] = cursor.split(".", 1);
      // Compares the texts instead of the decoded bytes, because a lenient base64 decoder gives different
      // texts the same bytes.
      const given = Buffer.from(cursor);
      const expected = Buffer.from(`${payload}.${mac(payload, credential).toString("base64url")}`);
      if (given.length === expected.length && timingSafeEqual(given, expected)) {
        const position: Position = JSON.parse(Buffer.from(payload, "base64url").toString());
        if (position.kind === kind) return position;
      }
      throw new ProblemError(
        "invalid_cursor",
        "Send the `next_cursor` of the same listing's previous page unchanged. To start again, send no cursor.",
      );
    },
  };
}
