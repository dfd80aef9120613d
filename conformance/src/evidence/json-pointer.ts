/** A URL found as a string in a document, with its place. */
export interface FoundUrl {
  /** JSON pointer. */
  readonly pointer: string;
  readonly text: string;
}

const URL_WITH_AUTHORITY = /^[a-z][a-z0-9+.-]*:\/\//i;

/** Returns all strings in a JSON value that are URLs with a host, whatever the names of their members. */
export function findUrls(value: unknown, pointer = ""): FoundUrl[] {
  if (typeof value === "string") return URL_WITH_AUTHORITY.test(value) ? [{ pointer, text: value }] : [];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([name, member]) =>
    findUrls(member, `${pointer}/${toPointerToken(name)}`),
  );
}

/** Tells whether a URL's host is a loopback address. */
export const isLoopback = ({ hostname }: URL): boolean =>
  /^(?:.+\.)?localhost$/.test(hostname) || /^127(?:\.\d+){3}$/.test(hostname) || hostname === "[::1]";

/** Escapes a member's name as a token of a JSON pointer (RFC 6901). */
export const toPointerToken = (name: string): string => name.replaceAll("~", "~0").replaceAll("/", "~1");

const tokensOf = (pointer: string): readonly string[] =>
  pointer
    .split("/")
    .slice(1)
    .map((token) => token.replaceAll("~1", "/").replaceAll("~0", "~"));

const memberAt = (value: unknown, name: string): unknown =>
  typeof value === "object" && value !== null && Object.hasOwn(value, name)
    ? (value as Record<string, unknown>)[name]
    : undefined;

/** Returns the value at a JSON pointer; `undefined` if there is none. */
export const valueAt = (value: unknown, pointer: string): unknown =>
  tokensOf(pointer).reduce(memberAt, value);

/** The maximum length of an excerpt. */
const MAX_EXCERPT = 240;

const isObject = (value: unknown): value is object =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/**
 * Shows the value at a JSON pointer in one line: the innermost object that contains the value, with the
 * value's member first. If there is no value, shows the innermost object that exists on the pointer's path.
 */
export function excerptAt(value: unknown, pointer: string): string {
  const tokens = tokensOf(pointer);
  const path = [value];
  for (const token of tokens) {
    const inside = memberAt(path.at(-1), token);
    if (inside === undefined) break;
    path.push(inside);
  }
  const containers = path.slice(0, tokens.length);
  const depth = Math.max(0, containers.findLastIndex(isObject));
  const container = path[depth];
  const name = tokens[depth] ?? "";
  const member = memberAt(container, name);
  const shown = isObject(container) && member !== undefined ? { [name]: member, ...container } : container;
  const place = tokens.slice(0, depth).map((token) => `/${toPointerToken(token)}`);
  const text = `${place.length > 0 ? `${place.join("")}: ` : ""}${JSON.stringify(shown)}`;
  return text.length > MAX_EXCERPT ? `${text.slice(0, MAX_EXCERPT)}…` : text;
}
