import { STATUS_CODES } from "node:http";
import type { Socket } from "node:net";

/** A route: its method or methods, and its path with parameters such as `:device_id`. */
export interface KnownRoute {
  readonly method: string | readonly string[];
  readonly url: string;
}

const matches = (pattern: string, path: string): boolean => {
  const [expected, actual] = [pattern.split("/"), path.split("/")];
  return (
    expected.length === actual.length &&
    expected.every((part, at) => (part.startsWith(":") ? actual[at] !== "" : part === actual[at]))
  );
};

/**
 * Returns the methods that a URL supports, for the `Allow` header of a 405; none if the path is unknown.
 *
 * @param url path and query of the request
 */
export function allowedMethods(routes: readonly KnownRoute[], url: string): string[] {
  const [path = ""] = url.split("?", 1);
  const found = routes.filter((route) => matches(route.url, path)).flatMap(({ method }) => method);
  return [...new Set(found)].toSorted();
}

/** What Node's HTTP parser refuses before a framework sees the request, by the code of its error. */
const REFUSALS: Readonly<Record<string, readonly [number, string, string]>> = {
  HPE_HEADER_OVERFLOW: [
    431,
    "headers_too_large",
    "The headers are larger than 16 KiB. Send smaller headers.",
  ],
  ERR_HTTP_REQUEST_TIMEOUT: [408, "timeout", "The request took too long to arrive. Send it again."],
};
const MALFORMED = [400, "malformed_request", "The request is not valid HTTP."] as const;

/** Answers a request that Node's HTTP parser refuses with a problem. A listener for `clientError`. */
export function refuseUnparsed(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === "ECONNRESET" || !socket.writable) {
    socket.destroy();
    return;
  }
  const [status, code, detail] = REFUSALS[error.code ?? ""] ?? MALFORMED;
  const title = STATUS_CODES[status] ?? "Error";
  const body = JSON.stringify({ type: "about:blank", title, status, detail, code });
  socket.write(
    `HTTP/1.1 ${status} ${title}\r\ncontent-type: application/problem+json\r\ncontent-length: ${body.length}\r\nconnection: close\r\n\r\n${body}`,
  );
  socket.destroySoon();
}
