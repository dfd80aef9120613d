import { toPointerToken } from "./json-pointer.ts";
/** A text of a document that is a URL, with where it stands. */
export interface FoundUrl {
  /** JSON pointer. */
  readonly pointer: string;
  readonly text: string;
}

const URL_WITH_AUTHORITY = /^[a-z][a-z0-9+.-]*:\/\//i;

/** Every text in a JSON value that is written as a URL with a host, whatever its member is called. */
export function urlsIn(value: unknown, pointer = ""): FoundUrl[] {
  if (typeof value === "string") return URL_WITH_AUTHORITY.test(value) ? [{ pointer, text: value }] : [];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([name, member]) =>
    urlsIn(member, `${pointer}/${toPointerToken(name)}`),
  );
}

/** Tells whether a URL leads to the machine that follows it. */
export const isLoopback = ({ hostname }: URL): boolean =>
  /^(?:.+\.)?localhost$/.test(hostname) || /^127(?:\.\d+){3}$/.test(hostname) || hostname === "[::1]";
