import { createHmac, timingSafeEqual } from "node:crypto";
import type { Snapshot } from "@convergint/schemas";
import type { Credential } from "../credentials.ts";
import { ProblemError } from "../problem.ts";
import type { Filters } from "./filters.ts";

/** What is listed. */
export type ListingKind = "orgs" | "sites" | "devices" | "events";

/** Where a listing stands: all that the next page needs to know. */
export interface Position {
  readonly kind: ListingKind;
  readonly filters: Filters;
  readonly limit: number;
  readonly snapshot: Snapshot;
  /** The token by which its listing was asked for what has changed. */
  readonly since?: string | undefined;
  /** The state of the inventory that its first page saw. */
  readonly state?: number | undefined;
  /** The id the page before ended at; of an event, its place in the order of publication. */
  readonly after: string;
  /** Unix milliseconds. */
  readonly expiresAt: number;
}

/** Turns positions into cursors and back. The server keeps nothing: the cursor is the position under a seal. */
export interface CursorSeal {
  seal(position: Position, credential: Credential): string;
  /** @throws {ProblemError} `invalid_cursor` for what this seal did not make for this credential and kind */
  open(cursor: string, kind: ListingKind, credential: Credential): Position;
}

/** @param secret at least 32 random bytes; with it one could make cursors, though only to one's own devices */
export function createCursorSeal(secret: Buffer): CursorSeal {
  const mac = (payload: string, credential: Credential): Buffer =>
    createHmac("sha256", secret).update(`${credential.id}.${payload}`).digest();
  return {
    seal(position, credential) {
      const payload = Buffer.from(JSON.stringify(position)).toString("base64url");
      return `${payload}.${mac(payload, credential).toString("base64url")}`;
    },
    open(cursor, kind, credential) {
      const [payload = "", seal = ""] = cursor.split(".");
      const given = Buffer.from(seal, "base64url");
      const expected = mac(payload, credential);
      if (given.length === expected.length && timingSafeEqual(given, expected)) {
        const position: Position = JSON.parse(Buffer.from(payload, "base64url").toString());
        if (position.kind === kind) return position;
      }
      throw new ProblemError(
        "invalid_cursor",
        "Send `next_cursor` of the page before, unchanged and to the same listing; or none, to start again.",
      );
    },
  };
}
