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

/** Returns the value at a JSON pointer; `undefined` if there is none. */
export function valueAt(value: unknown, pointer: string): unknown {
  return pointer
    .split("/")
    .slice(1)
    .map((token) => token.replaceAll("~1", "/").replaceAll("~0", "~"))
    .reduce<unknown>(
      (inside, name) =>
        typeof inside === "object" && inside !== null && Object.hasOwn(inside, name)
          ? (inside as Record<string, unknown>)[name]
          : undefined,
      value,
    );
}
