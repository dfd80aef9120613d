import { DEVICE_ADDED, DEVICE_STATUS_CHANGED, MANIFEST_PATH } from "@convergint/schemas";
import { json, type ListingContent, problem, type VendorAnswer } from "./listing-pages.ts";

/** The org and site of every device that the polled vendor lists. */
export interface VendorPlace {
  readonly orgId: string;
  readonly siteId: string;
}

/**
 * The polled vendor's manifest. It declares polling, and webhooks whose endpoints are registered manually.
 */
const manifest = (apiBase: string) => ({
  contract_version: "1.0",
  vendor: { id: "conformance-suite", name: "Conformance suite" },
  api_base: apiBase,
  authentication: [{ scheme: "bearer" }],
  // The smallest allowed value. The pages of the polled vendor are shorter, which the contract allows.
  inventory: { max_page_size: 500, incremental_sync: false, conditional_requests: false },
  webhooks: {
    signature_schemes: ["v1"],
    batching: true,
    endpoint_management: false,
    retry_schedule_seconds: [5, 86_400],
    health_latency_seconds: 60,
  },
  device_types: [{ type: "camera", status_from: ["inventory", "events"] }],
  event_types: [DEVICE_STATUS_CHANGED, DEVICE_ADDED].map((type) => ({ type, delivery: ["webhook"] })),
});

const onePage = (data: readonly object[], asOf: Date): VendorAnswer =>
  json({
    data,
    next_cursor: null,
    snapshot: { id: "places", as_of: asOf.toISOString(), total_count: data.length },
  });

/**
 * Answers every path except the list of devices.
 *
 * @param path relative to the base URL, without the query
 */
export function fixedAnswer(
  path: string,
  apiBase: string,
  { orgId, siteId }: VendorPlace,
  { devices, asOf }: ListingContent,
): VendorAnswer {
  if (path === MANIFEST_PATH) return json(manifest(apiBase));
  if (path === "/v1/orgs") return onePage([{ org_id: orgId, name: "Conformance suite" }], asOf);
  if (path === "/v1/sites") {
    const address = { country: "US" };
    return onePage([{ site_id: siteId, org_id: orgId, name: "Conformance suite", address }], asOf);
  }
  if (path.startsWith("/v1/devices/")) {
    const id = decodeURIComponent(path.slice("/v1/devices/".length));
    const device = devices.find(({ device_id }) => device_id === id);
    if (device) return json(device);
  }
  return problem(404, "not_found");
}
