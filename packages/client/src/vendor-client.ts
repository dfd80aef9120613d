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

/** What a client of one vendor's cloud is made of. */
export interface VendorClientOptions {
  /** Where the manifest is: the vendor's base URL. */
  readonly baseUrl: string;
  readonly credential: Credential;
  /** How long one answer may take; a call that is made again has as long again. */
  readonly timeoutSeconds?: number;
  /** Ends every call of this client. */
  readonly signal?: AbortSignal;
  readonly fetch?: typeof fetch;
  /** Waits before a retry; a timer by default. Tests pass one that does not wait. */
  readonly sleep?: (seconds: number) => Promise<void>;
}

/** A vendor's cloud, as the contract describes it. Every method may throw a `VendorClientError`. */
export interface VendorClient extends Listings, WebhookEndpoints {
  /** What the vendor's cloud offers. Read once. */
  manifest(options?: CallOptions): Promise<Manifest>;
  /** One device. */
  device(deviceId: string, options?: CallOptions): Promise<Device>;
  /** The event types that the vendor can publish. */
  eventCatalog(options?: CallOptions): Promise<EventCatalog>;
}

/**
 * Makes a client of one vendor's cloud. Nothing is called before a method is.
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
