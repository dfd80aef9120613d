import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { ReadableStream } from "node:stream/web";
import { refuseUnparsed } from "@convergint/internal/http-refusals";
import { getResponse, type HttpHandler } from "msw";
import {
  type MockVendorCloud,
  type MockVendorCloudOptions,
  mockVendorCloud,
} from "../cloud/mock-vendor-cloud.ts";
import { type MockConsumer, type MockConsumerOptions, mockConsumer } from "../consumer/mock-consumer.ts";

type WithoutUrl<Options> = Options extends unknown ? Omit<Options, "url"> : never;

/** A running server of a mock. */
export interface Served {
  /** Closes the server and all its connections. */
  close(): Promise<void>;
}

async function toRequest(origin: string, incoming: IncomingMessage): Promise<Request> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Uint8Array);
  const body = Buffer.concat(chunks);
  const headers = new Headers();
  for (let at = 0; at < incoming.rawHeaders.length; at += 2)
    headers.append(incoming.rawHeaders[at] ?? "", incoming.rawHeaders[at + 1] ?? "");
  const { method = "GET", url = "/" } = incoming;
  return new Request(new URL(url, origin), { method, headers, ...(body.length > 0 && { body }) });
}

/**
 * Sends a response. If reading the body fails, the connection is
 * destroyed, so that the client sees a broken response.
 */
async function send(response: Response, outgoing: ServerResponse): Promise<void> {
  outgoing.writeHead(response.status, Object.fromEntries(response.headers));
  if (response.body === null) {
    outgoing.end();
    return;
  }
  await pipeline(Readable.fromWeb(response.body as ReadableStream), outgoing).catch(() => outgoing.destroy());
}

/** Serves a mock on a free port of the loopback interface. */
async function serve<Mock extends { readonly handlers: readonly HttpHandler[] }>(
  create: (origin: string) => Mock,
): Promise<Mock & Served> {
  let mock: Mock;
  let origin = "";
  const server = createServer(async (incoming, outgoing) => {
    const response = await getResponse([...mock.handlers], await toRequest(origin, incoming));
    await send(response ?? new Response(null, { status: 404 }), outgoing);
  });
  server.on("clientError", refuseUnparsed);
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject).listen(0, "127.0.0.1", resolve);
  });
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  mock = create(origin);
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  // Adds `close` to the mock object itself. A copy by spread would turn the mock's getters into plain values.
  return Object.defineProperty(mock, "close", { value: close }) as Mock & Served;
}

/**
 * Serves a mock vendor cloud on a loopback port, for code that runs in another process or does not use `fetch`.
 *
 * @throws {MockError} `invalid_option`, `invalid_campus`
 */
export function serveVendorCloud(
  options: WithoutUrl<MockVendorCloudOptions> = {},
): Promise<MockVendorCloud & Served> {
  return serve((url) => mockVendorCloud({ ...options, url }));
}

/**
 * Serves a mock consumer on a loopback port. Its `url` is the webhook endpoint.
 *
 * @throws {MockError} `invalid_option`
 */
export function serveConsumer(options: WithoutUrl<MockConsumerOptions>): Promise<MockConsumer & Served> {
  return serve((origin) => mockConsumer({ ...options, url: `${origin}/webhooks` }));
}
