import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { ReadableStream } from "node:stream/web";
import { refuseUnparsed } from "./http-refusals.ts";

/** The server's side of `fetch`: takes a request and returns the response. */
export type FetchHandler = (request: Request) => Response | Promise<Response>;

/** A running server. */
export interface ServedFetch {
  /** `http://` and the address that it listens on. */
  readonly origin: string;
  /** Closes the server and all its connections. */
  close(): Promise<void>;
}

const problem = (status: number, code: string, title: string): Response =>
  new Response(JSON.stringify({ type: "about:blank", title, status, code }), {
    status,
    headers: { "content-type": "application/problem+json" },
  });

/** @returns `null` for a body that is too large */
async function readBody(incoming: IncomingMessage, maxBytes: number): Promise<Buffer<ArrayBuffer> | null> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of incoming) {
    length += (chunk as Uint8Array).length;
    if (length > maxBytes) return null;
    chunks.push(chunk as Uint8Array);
  }
  return Buffer.concat(chunks);
}

async function answer(
  incoming: IncomingMessage,
  origin: string,
  handle: FetchHandler,
  maxBytes: number,
): Promise<Response> {
  const body = await readBody(incoming, maxBytes);
  if (body === null) return problem(413, "payload_too_large", `The body is larger than ${maxBytes} bytes.`);
  const headers = new Headers();
  for (let at = 0; at < incoming.rawHeaders.length; at += 2)
    headers.append(incoming.rawHeaders[at] ?? "", incoming.rawHeaders[at + 1] ?? "");
  const { method = "GET", url = "/" } = incoming;
  const hasBody = body.length > 0 && method !== "GET" && method !== "HEAD";
  const request = new Request(origin + (url.startsWith("/") ? url : "/"), {
    method,
    headers,
    ...(hasBody && { body }),
  });
  return handle(request);
}

/** Sends a response. If reading its body fails, the connection is destroyed, so that the caller sees a broken response. */
async function send(response: Response, outgoing: ServerResponse): Promise<void> {
  outgoing.writeHead(response.status, Object.fromEntries(response.headers));
  if (response.body === null) {
    outgoing.end();
    return;
  }
  await pipeline(Readable.fromWeb(response.body as ReadableStream), outgoing).catch(() => outgoing.destroy());
}

/**
 * Serves a handler of `fetch` requests over HTTP.
 *
 * @param options.host default: the loopback interface
 * @param options.port default: any free port
 * @param options.maxBytes the largest body; default: 1 MiB
 * @param options.onError receives what the handler throws; the caller is answered with 500
 */
export async function serveFetch(
  handle: FetchHandler,
  {
    host = "127.0.0.1",
    port = 0,
    maxBytes = 1024 * 1024,
    onError = () => {},
  }: {
    readonly host?: string;
    readonly port?: number;
    readonly maxBytes?: number;
    readonly onError?: (error: unknown) => void;
  } = {},
): Promise<ServedFetch> {
  let origin = "";
  const server = createServer(async (incoming, outgoing) => {
    const response = await answer(incoming, origin, handle, maxBytes).catch((error: unknown) => {
      onError(error);
      return problem(500, "internal_error", "The request could not be processed.");
    });
    await send(response, outgoing);
  });
  server.on("clientError", refuseUnparsed);
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject).listen(port, host, resolve);
  });
  const { address, family, port: bound } = server.address() as AddressInfo;
  origin = `http://${family === "IPv6" ? `[${address}]` : address}:${bound}`;
  return {
    origin,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
