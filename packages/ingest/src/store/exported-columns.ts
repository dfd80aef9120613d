import { DEVICE_COLUMNS } from "./device-row.ts";

/**
 * The exported tables and columns, which are the same in both stores. Secrets and the data of running
 * processes are left out.
 */
export const EXPORTED_COLUMNS = {
  integration: [
    "integration_id",
    "name",
    "base_url",
    "webhook_endpoint_id",
    "poll_seconds",
    "fast_poll_seconds",
    "silence_seconds",
    "created_at",
  ],
  binding: ["integration_id", "org_id", "site_id", "customer_id", "customer_site_id", "bound_at"],
  mapping: ["integration_id", "mapping"],
  site: ["integration_id", "site_id", "org_id", "record"],
  device: DEVICE_COLUMNS,
  device_record: ["integration_id", "device_id", "record"],
  event: [
    "sequence",
    "integration_id",
    "customer_id",
    "customer_site_id",
    "device_id",
    "received_at",
    "released",
    "body",
  ],
  quarantined_event: ["sequence", "integration_id", "org_id", "site_id", "device_id", "received_at", "body"],
  change: [
    "sequence",
    "kind",
    "integration_id",
    "customer_id",
    "customer_site_id",
    "device_id",
    "changed_at",
    "data",
  ],
  sync_outcome: ["sequence", "integration_id", "outcome"],
} as const satisfies Readonly<Record<string, readonly string[]>>;
