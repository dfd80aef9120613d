import { serveFetch } from "@convergint/internal/serve-fetch";
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

/** Serves a mock on a free port of the loopback interface. */
async function serve<Mock extends { readonly handlers: readonly HttpHandler[] }>(
  create: (origin: string) => Mock,
): Promise<Mock & Served> {
  let handlers: readonly HttpHandler[] = [];
  const { origin, close } = await serveFetch(
    async (request) => (await getResponse([...handlers], request)) ?? new Response(null, { status: 404 }),
  );
  const mock = create(origin);
  handlers = mock.handlers;
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
