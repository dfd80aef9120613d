import type { Manifest } from "@convergint/schemas";
import { RETENTION_HOURS } from "./deliver/open-outbox.ts";
import { catalogueOf, declareDeviceTypes } from "./events/catalogue.ts";
import { TOMBSTONE_DAYS } from "./inventory/sync-token.ts";
import type { CampusPart } from "./parts.ts";
import { SANDBOX_COMMANDS } from "./sandbox/routes.ts";
import { PLAIN, type Variation } from "./variation/variation.ts";

/** The settings that the manifest depends on. */
export interface ManifestOptions {
  readonly retryScheduleSeconds: readonly number[];
  readonly batching: boolean;
  readonly sandbox: boolean;
  /** What this cloud does not have. */
  readonly without: readonly CampusPart[];
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
  { retryScheduleSeconds, batching, sandbox, without, tokenPath, variation = PLAIN }: ManifestOptions,
): Manifest {
  const { paths } = variation;
  const has = (part: CampusPart) => !without.includes(part);
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
    ...(has("webhooks") && {
      webhooks: {
        signature_schemes: ["v1"],
        batching,
        endpoint_management: has("endpoint-management"),
        retry_schedule_seconds: retryScheduleSeconds.map(Math.round),
        health_latency_seconds: variation.latencySeconds,
      },
    }),
    ...(has("backfill") && { backfill: { depth_hours: RETENTION_HOURS } }),
    device_types: declareDeviceTypes(variation).map((each) =>
      has("webhooks") ? each : { ...each, status_from: ["inventory"] },
    ),
    event_types: catalogueOf(variation, without).map(({ type, delivery }) => ({ type, delivery })),
    ...(sandbox &&
      has("sandbox") && {
        sandbox: { control_url: `${baseUrl}${paths.control}/sandbox`, commands: [...SANDBOX_COMMANDS] },
      }),
  };
}
