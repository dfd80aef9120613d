import type { Manifest } from "@convergint/schemas";
import { RETENTION_HOURS } from "./deliver/open-outbox.ts";
import { declareDeviceTypes, EVENT_CATALOGUE } from "./events/catalogue.ts";
import { TOMBSTONE_DAYS } from "./inventory/sync-token.ts";
import { SANDBOX_COMMANDS } from "./sandbox/routes.ts";
import { PLAIN, type Variation } from "./variation/variation.ts";

/** The settings that the manifest depends on. */
export interface ManifestOptions {
  readonly retryScheduleSeconds: readonly number[];
  readonly batching: boolean;
  readonly sandbox: boolean;
  /** The path of the token endpoint, or `null`. */
  readonly tokenPath: string | null;
  readonly variation?: Variation;
}

/**
 * Returns the manifest. The manifest declares only what this cloud does, since the suite certifies everything
 * that it declares.
 *
 * @param baseUrl the URL by which the caller reached this cloud, without a path
 * @see spec/1.0/contract.md#discovery
 */
export function describeCampus(
  baseUrl: string,
  { retryScheduleSeconds, batching, sandbox, tokenPath, variation = PLAIN }: ManifestOptions,
): Manifest {
  const { paths } = variation;
  return {
    contract_version: "1.0",
    vendor: { id: "example-campus", name: "Example Campus Cloud" },
    api_base: baseUrl + paths.api,
    authentication: [
      { scheme: "bearer" },
      ...(tokenPath === null
        ? []
        : [{ scheme: "oauth2_client_credentials", token_url: `${baseUrl}${paths.api}${tokenPath}` }]),
    ],
    inventory: {
      max_page_size: variation.maxPageSize,
      incremental_sync: true,
      tombstone_days: TOMBSTONE_DAYS,
      conditional_requests: true,
      system_filter: true,
    },
    webhooks: {
      signature_schemes: ["v1"],
      batching,
      endpoint_management: true,
      retry_schedule_seconds: retryScheduleSeconds.map(Math.round),
      health_latency_seconds: variation.latencySeconds,
    },
    backfill: { depth_hours: RETENTION_HOURS },
    device_types: declareDeviceTypes(variation),
    event_types: EVENT_CATALOGUE.map(({ type, delivery }) => ({ type, delivery })),
    ...(sandbox && {
      sandbox: { control_url: `${baseUrl}${paths.control}/sandbox`, commands: [...SANDBOX_COMMANDS] },
    }),
  };
}
