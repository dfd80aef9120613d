import { toPointerToken } from "./json-pointer.ts";
/** A string in a document that is a URL, with its place. */
export interface FoundUrl {
  /** JSON pointer. */
  readonly pointer: string;
  readonly text: string;
}

const URL_WITH_AUTHORITY = /^[a-z][a-z0-9+.-]*:\/\//i;

/** Returns every string in a JSON value that is a URL with a host, whatever its member's name. */
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
