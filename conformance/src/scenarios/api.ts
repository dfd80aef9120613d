import type { Evidence } from "../evidence/evidence.ts";
import { objectOf, textOf } from "../evidence/read.ts";
import { CannotDriveError } from "./scenario.ts";

/** Encodes an id as one segment of a path. A lone surrogate, which no URL can contain, becomes U+FFFD. */
export const segment = (id: string): string => encodeURIComponent(id.toWellFormed());

/**
 * Checks a URL of the manifest to which the suite appends a path. A query or fragment would swallow that path.
 *
 * @returns what is wrong, as the end of a sentence; `null` for a usable URL
 */
export function faultOfBase(text: string): string | null {
  if (!URL.canParse(text)) return "is not a URL; see MAN-001";
  const { username, password } = new URL(text);
  if (username || password) return "contains a user name or password; see MAN-007";
  // Checks the text instead of the parsed URL, because the parser drops an empty query.
  return /[?#]/.test(text) ? "contains a query or fragment, so no path can be appended; remove it" : null;
}

/**
 * Builds a URL of the vendor's API.
 *
 * @throws {CannotDriveError} if the manifest has no usable `api_base`
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
  const fault = faultOfBase(base);
  if (fault !== null) throw new CannotDriveError(`the manifest's api_base ${fault}`);
  const url = new URL(base.replace(/\/$/, "") + path);
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
  return url;
}

/** Returns the next character of the same kind: letters stay letters of the same case, digits stay digits. */
function nextOf(character: string): string | null {
  if (/[a-y]|[A-Y]|[0-8]/.test(character)) return String.fromCharCode(character.charCodeAt(0) + 1);
  const first = { z: "a", Z: "A", 9: "0" }[character];
  return first ?? null;
}

/**
 * Changes one character of a cursor or sync token, so that its vendor did not issue it. Starts in the middle: the last
 * character of base64 has bits that mean nothing.
 *
 * @param issued what the vendor is known to have issued
 * @returns `null` if there is no such change
 */
export function changeOneCharacter(token: string, issued: readonly string[]): string | null {
  const middle = Math.floor((token.length - 1) / 2);
  for (let place = middle; place >= 0; place -= 1) {
    const next = nextOf(token[place] ?? "");
    if (next === null) continue;
    const altered = token.slice(0, place) + next + token.slice(place + 1);
    if (!issued.includes(altered)) return altered;
  }
  return null;
}
