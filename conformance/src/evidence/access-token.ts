import type { Exchange } from "./exchange.ts";
import { objectOf, textOf } from "./read.ts";

/** An access token, with what the response that issued it says about it. */
export interface AccessToken {
  readonly token: string;
  /** In seconds; `null` if the response does not say. */
  readonly expiresIn: number | null;
}

/**
 * Returns the access token that a response issued, or `null` if it issued none. The response may still be
 * wrong in other ways.
 */
export function readAccessToken(issued: Exchange): AccessToken | null {
  if (issued.response?.status !== 200) return null;
  const token = textOf(objectOf(issued), "access_token");
  if (token === null || !/^[\x21-\x7e]+$/.test(token)) return null;
  const expiresIn = objectOf(issued)?.["expires_in"];
  return { token, expiresIn: typeof expiresIn === "number" && expiresIn > 0 ? expiresIn : null };
}
