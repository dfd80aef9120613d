import { DEVICE_ADDED, DEVICE_STATUS_CHANGED, MANIFEST_PATH } from "@convergint/schemas";
import { type InventoryAnswer, type InventoryView, json, problem } from "./inventory-view.ts";

/** The org and the site that every device of the suite's inventory is in. */
export interface InventoryPlace {
  readonly orgId: string;
  readonly siteId: string;
}

/** The manifest of the suite's inventory: polling, and webhooks that a person registers. */
export const inventoryManifest = (apiBase: string) => ({
  contract_version: "1.0",
  vendor: { id: "conformance-suite", name: "Conformance suite" },
  api_base: apiBase,
  authentication: [{ scheme: "bearer" }],
  // The least that a manifest may say; pages may be shorter, and here they are.
  inventory: { max_page_size: 500, incremental_sync: false, conditional_requests: false },
  webhooks: {
    signature_schemes: ["v1"],
    batching: false,
    endpoint_management: false,
    retry_schedule_seconds: [5],
    health_latency_seconds: 60,
  },
  device_types: [{ type: "camera", status_from: ["inventory", "events"] }],
  event_types: [DEVICE_STATUS_CHANGED, DEVICE_ADDED].map((type) => ({ type, delivery: ["webhook"] })),
});

const onePage = (data: readonly object[], asOf: Date): InventoryAnswer =>
  json({
    data,
    next_cursor: null,
    snapshot: { id: "places", as_of: asOf.toISOString(), total_count: data.length },
  });

/**
 * Answers everything but the listing of devices.
 *
 * @param path below the base URL, without a query
 */
export function answerBeside(
  path: string,
  apiBase: string,
  { orgId, siteId }: InventoryPlace,
  { devices, asOf }: InventoryView,
): InventoryAnswer {
  if (path === MANIFEST_PATH) return json(inventoryManifest(apiBase));
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
