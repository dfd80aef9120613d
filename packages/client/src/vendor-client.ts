import {
  type Device,
  deviceSchema,
  type EventCatalog,
  eventCatalogSchema,
  type Manifest,
} from "@convergint/schemas";
import { type CallOptions, connect } from "./connection.ts";
import type { Credential } from "./credential.ts";
import { type Listings, listings } from "./listings.ts";
import { requireOptions } from "./options.ts";
import { type WebhookEndpoints, webhookEndpoints } from "./webhook-endpoints.ts";

/** Options of a client. */
export interface VendorClientOptions {
  /** The vendor's base URL, where the manifest is. */
  readonly baseUrl: string;
  readonly credential: Credential;
  /** Maximum time of one response in seconds; each retry has the same limit. */
  readonly timeoutSeconds?: number;
  /** Aborts every call of this client. */
  readonly signal?: AbortSignal;
  readonly fetch?: typeof fetch;
  /** Waits before a retry; a timer by default. Tests pass one that does not wait. */
  readonly sleep?: (seconds: number) => Promise<void>;
}

/** A client of a vendor's cloud. Every method may throw a `VendorClientError`. */
export interface VendorClient extends Listings, WebhookEndpoints {
  /** The manifest: what the vendor's cloud offers. Read once. */
  manifest(options?: CallOptions): Promise<Manifest>;
  /** One device. */
  device(deviceId: string, options?: CallOptions): Promise<Device>;
  /** The event types that the vendor can publish. */
  eventCatalog(options?: CallOptions): Promise<EventCatalog>;
}

/**
 * Creates a client of one vendor's cloud. Sends no request until a method is called.
 *
 * @throws {VendorClientError} `invalid_option`
 * @see spec/1.0/contract.md#inventory
 */
export function createVendorClient({
  baseUrl,
  credential,
  timeoutSeconds = 30,
  signal,
  fetch: wrapped = fetch,
  sleep,
}: VendorClientOptions): VendorClient {
  requireOptions(baseUrl, credential, timeoutSeconds);
  const connection = connect({ baseUrl, credential, timeoutSeconds, signal, sleep, fetch: wrapped });
  return {
    manifest: connection.manifest,
    ...listings(connection),
    device: (device_id, options) =>
      connection.read(
        (api, init) => api.GET("/v1/devices/{device_id}", { ...init, params: { path: { device_id } } }),
        deviceSchema,
        options,
      ),
    eventCatalog: (options) =>
      connection.read((api, init) => api.GET("/v1/event-catalog", init), eventCatalogSchema, options),
    ...webhookEndpoints(connection),
  };
}
