import type { Evidence } from "../evidence/evidence.ts";
import { objectOf, textOf } from "../evidence/read.ts";
import { CannotDriveError } from "./scenario.ts";

/** An id as one segment of a path. Half a surrogate pair, which no URL can hold, becomes U+FFFD. */
export const segment = (id: string): string => encodeURIComponent(id.toWellFormed());

/**
 * Builds URLs of the vendor's API.
 *
 * @throws {CannotDriveError} where the manifest does not say where the API is
 */
export function apiUrl(
  { manifest }: Evidence["discovery"],
  path: `/v1/${string}`,
  query: Readonly<Record<string, string>> = {},
): URL {
  const base = textOf(objectOf(manifest), "api_base");
  if (base === null || !URL.canParse(base)) {
    throw new CannotDriveError("the manifest has no usable api_base; see MAN-001");
  }
  const url = new URL(base.replace(/\/$/, "") + path);
  if (url.username || url.password) {
    throw new CannotDriveError("the manifest's api_base holds a user name or password; see MAN-007");
  }
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
  return url;
}
