import type { Exchange } from "./exchange.ts";
import { objectOf, textOf } from "./read.ts";

/** An access token as it was issued, with what its answer says of it. */
export interface AccessToken {
  readonly token: string;
  /** In seconds; `null` where the answer does not say. */
  readonly expiresIn: number | null;
}

/** The access token that an answer issued, or `null` where it issued none. It may be wrong in other ways. */
export function accessTokenIn(issued: Exchange): AccessToken | null {
  if (issued.response?.status !== 200) return null;
  const token = textOf(objectOf(issued), "access_token");
  if (token === null || !/^[\x21-\x7e]+$/.test(token)) return null;
  const expiresIn = objectOf(issued)?.["expires_in"];
  return { token, expiresIn: typeof expiresIn === "number" && expiresIn > 0 ? expiresIn : null };
}
