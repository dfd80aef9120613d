import {
  type Device,
  deviceSchema,
  type EventCatalog,
  eventCatalogSchema,
  type Manifest,
} from "@convergint/schemas";
import { type CallOptions, connect } from "./connection.ts";
import { type Credential, readCredential } from "./credential.ts";
import { insist } from "./errors.ts";
import { type Listings, listings } from "./listings.ts";
import { isPlainHttpUrl } from "./plain-url.ts";
import { DEFAULT_LIMITS, type ResponseLimits } from "./response-limits.ts";
import { type WebhookEndpoints, webhookEndpoints } from "./webhook-endpoints.ts";

/** The longest delay that a timer supports; a timer with a longer delay would fire immediately. */
const MAX_TIMEOUT_SECONDS = 2_147_483;

/**
 * Rejects invalid options. Does not quote their values: they may contain a secret.
 *
 * @throws {VendorClientError} `invalid_option`
 */
function requireOptions(baseUrl: string, timeoutSeconds: number, limits: ResponseLimits): void {
  insist(
    isPlainHttpUrl(baseUrl),
    "Invalid base URL: pass an http or https URL without user name and password.",
  );
  insist(
    timeoutSeconds > 0 && timeoutSeconds <= MAX_TIMEOUT_SECONDS,
    `Invalid timeoutSeconds: pass a number above 0 and at most ${MAX_TIMEOUT_SECONDS}.`,
  );
  for (const [name, limit] of Object.entries(limits)) {
    insist(Number.isSafeInteger(limit) && limit > 0, `Invalid limits.${name}: pass a whole number above 0.`);
  }
}

/** Options of a client. */
export interface VendorClientOptions {
  /** The vendor's base URL, where the manifest is. */
  readonly baseUrl: string;
  readonly credential: Credential;
  /**
   * Hosts that the manifest's `api_base` and `token_url` may be on although they are outside the base URL's domain, such as
   * `login.example.net`. Default: none.
   */
  readonly allowHosts?: readonly string[];
  /** Maximum time of one response in seconds; each retry has the same limit. */
  readonly timeoutSeconds?: number;
  /** Limits on the size of responses and of listings. Default for each: the value that {@link ResponseLimits} states. */
  readonly limits?: Partial<ResponseLimits>;
  /** Aborts every call of this client. */
  readonly signal?: AbortSignal;
  /** Default: the platform's `fetch`. Its connections may be guarded: an error with the code `destination_refused` is passed on. */
  readonly fetch?: typeof fetch;
  /** Waits before a retry. Default: a timer. Tests pass a function that returns immediately. */
  readonly sleep?: (seconds: number) => Promise<void>;
  /** Milliseconds of a clock that is never set back, for the time that listings take. Default: the system's. */
  readonly now?: () => number;
  /**
   * Awaited before each page of a listing, so that a caller with many vendors can share its time among them. This time does
   * not count as the vendor's.
   */
  readonly beforePage?: () => Promise<void>;
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
  allowHosts = [],
  timeoutSeconds = 30,
  limits: given = {},
  signal,
  fetch: wrapped = fetch,
  sleep,
  now = () => performance.now(),
  beforePage,
}: VendorClientOptions): VendorClient {
  const limits = { ...DEFAULT_LIMITS, ...given };
  requireOptions(baseUrl, timeoutSeconds, limits);
  const connection = connect({
    baseUrl,
    allowHosts,
    credential: readCredential(credential),
    timeoutSeconds,
    limits,
    signal,
    sleep,
    fetch: wrapped,
  });
  return {
    manifest: connection.manifest,
    ...listings(connection, { now, beforePage }),
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
