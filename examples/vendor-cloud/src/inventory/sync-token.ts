import { createHmac, timingSafeEqual } from "node:crypto";
import type { Credential } from "../credentials.ts";
import { ProblemError } from "../problem.ts";
import type { Filters } from "./filters.ts";

/** For how long tombstones and tokens are kept. */
export const TOMBSTONE_DAYS = 30;
const DAY_MS = 86_400_000;

/** What a listing described. */
interface Described {
  readonly filters: Filters;
  /** The state of the inventory that its first page saw. */
  readonly state: number;
  /** Unix milliseconds. */
  readonly issuedAt: number;
}

/** Turns what a listing described into a token, and back. The server keeps nothing: the token is it, under a seal. */
export interface SyncTokens {
  issue(filters: Filters, state: number, credential: Credential): string;
  /**
   * Reads which state a token stands for.
   *
   * @throws {ProblemError} `sync_token_expired`; `invalid_sync_token` for one of other filters, or of another's
   */
  read(token: string, filters: Filters, credential: Credential): number;
}

const SINGLE = ["org_id", "site_id"] as const;

/** @param secret at least 32 random bytes, new at every start: the changes before it are not remembered either */
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
      const [payload = "", seal = ""] = token.split(".");
      const given = Buffer.from(seal, "base64url");
      const expected = mac(payload, credential);
      if (given.length !== expected.length || !timingSafeEqual(given, expected))
        throw new ProblemError(
          "invalid_sync_token",
          "We do not know this token: list without `since`, and go on from the `sync_token` of its last page.",
        );
      const described: Described = JSON.parse(Buffer.from(payload, "base64url").toString());
      if (SINGLE.some((name) => described.filters[name] !== filters[name]))
        throw new ProblemError("invalid_sync_token", "This token belongs to a listing with other filters.");
      if (now().getTime() - described.issuedAt >= TOMBSTONE_DAYS * DAY_MS)
        throw new ProblemError("sync_token_expired", "This token has expired: list without `since`.");
      return described.state;
    },
  };
}
