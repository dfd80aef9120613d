import type { Evidence } from "../evidence/evidence.ts";
import { objectOf, textOf } from "../evidence/read.ts";
import { CannotDriveError } from "./scenario.ts";

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
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
  return url;
}
