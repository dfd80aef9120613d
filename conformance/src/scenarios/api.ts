import type { Evidence } from "../evidence/evidence.ts";
import { objectOf, textOf } from "../evidence/read.ts";
import { CannotDriveError } from "./scenario.ts";

/** Encodes an id as one segment of a path. A lone surrogate, which no URL can contain, becomes U+FFFD. */
export const segment = (id: string): string => encodeURIComponent(id.toWellFormed());

/**
 * Builds a URL of the vendor's API.
 *
 * @throws {CannotDriveError} if the manifest has no valid `api_base`
 */
export function apiUrl(
  { manifest }: Evidence["discovery"],
  path: `/v1/${string}`,
  query: Readonly<Record<string, string>> = {},
): URL {
  const base = textOf(objectOf(manifest), "api_base");
  if (base === null || !URL.canParse(base)) {
    throw new CannotDriveError("the manifest has no valid api_base; see MAN-001");
  }
  const url = new URL(base.replace(/\/$/, "") + path);
  if (url.username || url.password) {
    throw new CannotDriveError("the manifest's api_base contains a user name or password; see MAN-007");
  }
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
  return url;
}
