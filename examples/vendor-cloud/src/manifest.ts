import type { Manifest } from "@convergint/schemas";
import { RETENTION_HOURS } from "./deliver/open-outbox.ts";
import { DECLARED_DEVICE_TYPES, EVENT_CATALOGUE } from "./events/catalogue.ts";
import { MAX_LIMIT } from "./inventory/list-query.ts";
import { TOMBSTONE_DAYS } from "./inventory/sync-token.ts";
import { SANDBOX_COMMANDS } from "./sandbox/routes.ts";

/** What varies from one campus to another. */
export interface ManifestOptions {
  readonly retryScheduleSeconds: readonly number[];
  readonly batching: boolean;
  readonly sandbox: boolean;
  /** Where below the base URL access tokens are issued; `null` where they are not. */
  readonly tokenPath: string | null;
}

/**
 * What this cloud says of itself: no more than it does, since whatever it declares gets certified.
 *
 * @param baseUrl what the caller reached this cloud by
 * @see spec/1.0/contract.md#discovery
 */
export function describeCampus(
  baseUrl: string,
  { retryScheduleSeconds, batching, sandbox, tokenPath }: ManifestOptions,
): Manifest {
  return {
    contract_version: "1.0",
    vendor: { id: "example-campus", name: "Example Campus Cloud" },
    api_base: baseUrl,
    authentication: [
      { scheme: "bearer" },
      ...(tokenPath === null
        ? []
        : [{ scheme: "oauth2_client_credentials", token_url: `${baseUrl}${tokenPath}` }]),
    ],
    inventory: {
      max_page_size: MAX_LIMIT,
      incremental_sync: true,
      tombstone_days: TOMBSTONE_DAYS,
      conditional_requests: true,
    },
    webhooks: {
      signature_schemes: ["v1"],
      batching,
      endpoint_management: true,
      retry_schedule_seconds: retryScheduleSeconds.map(Math.round),
      health_latency_seconds: 5,
    },
    backfill: { depth_hours: RETENTION_HOURS },
    device_types: DECLARED_DEVICE_TYPES,
    event_types: EVENT_CATALOGUE.map(({ type, delivery }) => ({ type, delivery })),
    ...(sandbox && { sandbox: { control_url: `${baseUrl}/sandbox`, commands: [...SANDBOX_COMMANDS] } }),
  };
}
