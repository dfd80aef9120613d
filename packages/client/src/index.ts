export type { CallOptions } from "./connection.ts";
export type {
  ApiKeyCredential,
  ClientCredential,
  ClientKeyCredential,
  Credential,
  KeyCredential,
} from "./credential.ts";
export { VendorClientError, type VendorClientErrorCode, type VendorClientErrorDetails } from "./errors.ts";
export type { DeviceChangeFilter, DeviceFilter, EventFilter, SiteFilter } from "./listing-kinds.ts";
export type { ListingProgress } from "./listing-rules.ts";
export type { ConditionalOptions, DeviceListing, ListingOptions, Listings } from "./listings.ts";
export { DEFAULT_LIMITS, type ResponseLimits } from "./response-limits.ts";
export { SeenIds } from "./seen-ids.ts";
export type { ListingFault } from "./tolerant-page.ts";
export { createVendorClient, type VendorClient, type VendorClientOptions } from "./vendor-client.ts";
export type { NewWebhookEndpoint, WebhookEndpoints } from "./webhook-endpoints.ts";
