import { createHmac, timingSafeEqual } from "node:crypto";
import type { Credential } from "../credentials.ts";
import { ProblemError } from "../problem.ts";
import { differencesOf, type Filters } from "./list-query.ts";

/** How long tombstones and tokens are valid. */
export const TOMBSTONE_DAYS = 30;
const DAY_MS = 86_400_000;

/** The listing that a token refers to. */
interface Described {
  readonly filters: Filters;
  /** The state of the inventory when the listing's first page was served. */
  readonly state: number;
  /** Unix milliseconds. */
  readonly issuedAt: number;
}

/** Converts listings to sync tokens and back. A token is sealed, so the server keeps no state. */
export interface SyncTokens {
  issue(filters: Filters, state: number, credential: Credential): string;
  /**
   * Returns the state that a token refers to.
   *
   * @throws {ProblemError} `sync_token_expired`; `invalid_sync_token` if it was issued for other filters or to another credential
   */
  read(token: string, filters: Filters, credential: Credential): number;
}

/**
 * @param secret at least 32 random bytes, new at every start, since a restart loses the earlier changes too
 */
export function createSyncTokens(secret: Buffer, now: () => Date): SyncTokens {
  const mac = (payload: string, { id }: Credential): Buffer =>
    createHmac("sha256", secret).update(`sync.${id}.${payload}`).digest();
  return {
    issue(filters, state, credential) {
      const described: Described = { filters, state, issuedAt: now().getTime() };
      const payload = Buffer.from(JSON.stringify(described)).toString("base64url");
      return `${payload}.${mac(payload, credential).toString("base64url")}`;
    },
    read(token, filters, credential) {
      const [payload = ""] = token.split(".", 1);
      // Compares the texts instead of the decoded bytes, because a lenient base64 decoder gives different
      // texts the same bytes.
      const given = Buffer.from(token);
      const expected = Buffer.from(`${payload}.${mac(payload, credential).toString("base64url")}`);
      if (given.length !== expected.length || !timingSafeEqual(given, expected))
        throw new ProblemError(
          "invalid_sync_token",
          "Unknown token. List without `since`, then use the `sync_token` on that listing's last page.",
        );
      const described: Described = JSON.parse(Buffer.from(payload, "base64url").toString());
      if (differencesOf(described.filters, filters).length > 0)
        throw new ProblemError("invalid_sync_token", "This token belongs to a listing with other filters.");
      if (now().getTime() - described.issuedAt >= TOMBSTONE_DAYS * DAY_MS)
        throw new ProblemError("sync_token_expired", "This token has expired. List without `since`.");
      return described.state;
    },
  };
}
