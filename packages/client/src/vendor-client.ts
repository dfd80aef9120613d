import {
  type Device,
  devicePageSchema,
  deviceSchema,
  type EventCatalog,
  eventCatalogSchema,
  type Manifest,
  manifestSchema,
  type Org,
  orgPageSchema,
  type Page,
  type PingAccepted,
  pingAcceptedSchema,
  type RotatedSecret,
  rotatedSecretSchema,
  type Site,
  sitePageSchema,
  type WebhookEndpoint,
  type WebhookEndpointCreated,
  webhookEndpointCreatedSchema,
  webhookEndpointListSchema,
} from "@convergint/schemas";
import createClient, { type Client } from "openapi-fetch";
import { readAnswer, requireSuccess } from "./answer.ts";
import type { paths } from "./contract.gen.ts";
import { VendorClientError } from "./errors.ts";
import { isPlainHttpUrl, requireOptions } from "./options.ts";
import { itemsOf, readPages } from "./pages.ts";
import { patientFetch } from "./patient-fetch.ts";

export interface VendorClientOptions {
  /** Where the manifest is: the vendor's base URL. */
  readonly baseUrl: string;
  readonly credential: { readonly apiKey: string };
  /** How long one answer may take. */
  readonly timeoutSeconds?: number;
  /** Ends every call of this client. */
  readonly signal?: AbortSignal;
  readonly fetch?: typeof fetch;
}

/** What devices to list. */
export interface DeviceFilter {
  readonly org_id?: string;
  readonly site_id?: string;
  /** At most this many a page. */
  readonly limit?: number;
}

/** A vendor's cloud, as the contract describes it. Every method may throw a `VendorClientError`. */
export interface VendorClient {
  /** What the vendor's cloud offers. Read once. */
  manifest(): Promise<Manifest>;
  orgs(): AsyncIterable<Org>;
  sites(filter?: { readonly org_id?: string }): AsyncIterable<Site>;
  devices(filter?: DeviceFilter): AsyncIterable<Device>;
  /** The same a page at a time, with the snapshot that each page repeats. */
  devicePages(filter?: DeviceFilter): AsyncIterable<Page<Device>>;
  device(deviceId: string): Promise<Device>;
  eventCatalog(): Promise<EventCatalog>;
  createWebhookEndpoint(url: string): Promise<WebhookEndpointCreated>;
  webhookEndpoints(): Promise<readonly WebhookEndpoint[]>;
  deleteWebhookEndpoint(endpointId: string): Promise<void>;
  rotateWebhookSecret(endpointId: string): Promise<RotatedSecret>;
  pingWebhookEndpoint(endpointId: string): Promise<PingAccepted>;
}

/** Answers are parsed here and not by openapi-fetch, which would take HTML for a crash. */
const AS_TEXT = { parseAs: "text" } as const;

/**
 * Makes a client of one vendor's cloud.
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
}: VendorClientOptions): VendorClient {
  requireOptions(baseUrl, credential.apiKey);
  const patient = patientFetch({ fetch: wrapped, timeoutSeconds, signal, secret: credential.apiKey });
  const discovery = createClient<paths>({ baseUrl, fetch: patient });
  let manifest: Promise<Manifest> | undefined;
  let connected: Promise<Client<paths>> | undefined;

  const readManifest = async () =>
    readAnswer(await discovery.GET("/.well-known/vendor-cloud", AS_TEXT), manifestSchema);
  /** A failure is not kept: the next call tries again. */
  const getManifest = () => {
    manifest ??= readManifest().catch((error: unknown) => {
      manifest = undefined;
      throw error;
    });
    return manifest;
  };
  const connect = async () => {
    const { api_base } = await getManifest();
    if (!isPlainHttpUrl(api_base)) {
      throw new VendorClientError(
        "invalid_payload",
        "The manifest's api_base has a name or password in it. Ask the vendor to send it without.",
      );
    }
    if (baseUrl.startsWith("https:") && !api_base.startsWith("https:")) {
      throw new VendorClientError(
        "invalid_payload",
        "The manifest came by https and names an api_base without it, where the API key would travel in clear. Ask the vendor for an https api_base.",
      );
    }
    const headers = { authorization: `Bearer ${credential.apiKey}` };
    return createClient<paths>({ baseUrl: api_base.replace(/\/$/, ""), fetch: patient, headers });
  };
  const api = () => {
    connected ??= connect().catch((error: unknown) => {
      connected = undefined;
      throw error;
    });
    return connected;
  };
  const onEndpoint = (endpoint_id: string) => ({ ...AS_TEXT, params: { path: { endpoint_id } } });

  const devicePages = ({ org_id, site_id, limit }: DeviceFilter = {}) =>
    readPages<Device>({
      what: "devices",
      idOf: ({ device_id }) => device_id,
      async fetchPage(cursor) {
        const query = {
          ...(org_id === undefined ? {} : { org_id }),
          ...(site_id === undefined ? {} : { site_id }),
          ...(limit === undefined ? {} : { limit }),
          ...(cursor === undefined ? {} : { cursor }),
        };
        return readAnswer(
          await (await api()).GET("/v1/devices", { ...AS_TEXT, params: { query } }),
          devicePageSchema,
        );
      },
    });

  return {
    manifest: getManifest,
    orgs: () =>
      itemsOf(
        readPages<Org>({
          what: "orgs",
          idOf: ({ org_id }) => org_id,
          async fetchPage(cursor) {
            const query = cursor === undefined ? {} : { cursor };
            return readAnswer(
              await (await api()).GET("/v1/orgs", { ...AS_TEXT, params: { query } }),
              orgPageSchema,
            );
          },
        }),
      ),
    sites: ({ org_id } = {}) =>
      itemsOf(
        readPages<Site>({
          what: "sites",
          idOf: ({ site_id }) => site_id,
          async fetchPage(cursor) {
            const query = {
              ...(org_id === undefined ? {} : { org_id }),
              ...(cursor === undefined ? {} : { cursor }),
            };
            return readAnswer(
              await (await api()).GET("/v1/sites", { ...AS_TEXT, params: { query } }),
              sitePageSchema,
            );
          },
        }),
      ),
    devices: (filter) => itemsOf(devicePages(filter)),
    devicePages,
    device: async (device_id) =>
      readAnswer(
        await (await api()).GET("/v1/devices/{device_id}", { ...AS_TEXT, params: { path: { device_id } } }),
        deviceSchema,
      ),
    eventCatalog: async () =>
      readAnswer(await (await api()).GET("/v1/event-catalog", AS_TEXT), eventCatalogSchema),
    createWebhookEndpoint: async (url) =>
      readAnswer(
        await (await api()).POST("/v1/webhook-endpoints", { ...AS_TEXT, body: { url } }),
        webhookEndpointCreatedSchema,
      ),
    webhookEndpoints: async () =>
      readAnswer(await (await api()).GET("/v1/webhook-endpoints", AS_TEXT), webhookEndpointListSchema).data,
    deleteWebhookEndpoint: async (id) =>
      requireSuccess(await (await api()).DELETE("/v1/webhook-endpoints/{endpoint_id}", onEndpoint(id))),
    rotateWebhookSecret: async (id) =>
      readAnswer(
        await (await api()).POST("/v1/webhook-endpoints/{endpoint_id}/rotate-secret", onEndpoint(id)),
        rotatedSecretSchema,
      ),
    pingWebhookEndpoint: async (id) =>
      readAnswer(
        await (await api()).POST("/v1/webhook-endpoints/{endpoint_id}/ping", onEndpoint(id)),
        pingAcceptedSchema,
      ),
  };
}
