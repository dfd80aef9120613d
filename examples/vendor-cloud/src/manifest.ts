import type { Manifest } from "@convergint/schemas";
import { RETENTION_HOURS } from "./deliver/open-outbox.ts";
import { catalogueOf, declareDeviceTypes } from "./events/catalogue.ts";
import { TOMBSTONE_DAYS } from "./inventory/sync-token.ts";
import type { TokenMethod } from "./oauth/token-route.ts";
import type { CampusPart } from "./parts.ts";
import { SANDBOX_COMMANDS } from "./sandbox/routes.ts";
import type { SignedTokenTerms } from "./signed-tokens.ts";
import { PLAIN, type Variation } from "./variation/variation.ts";

/** The settings that the manifest depends on. */
export interface ManifestOptions {
  readonly retryScheduleSeconds: readonly number[];
  readonly batching: boolean;
  readonly sandbox: boolean;
  /** What this cloud does not have. */
  readonly without: readonly CampusPart[];
  /** Whether callers may use API keys. */
  readonly hasKeys: boolean;
  /** The path of the token endpoint, or `null`. */
  readonly tokenPath: string | null;
  /** How clients log in at the token endpoint. */
  readonly tokenMethods: readonly TokenMethod[];
  /** What signed tokens must be like; `null` without consumers that sign tokens. */
  readonly tokenTerms: SignedTokenTerms | null;
  readonly variation?: Variation;
}

/** Returns the ways to authenticate a call. */
function describeAuthentication(
  apiBase: string,
  {
    hasKeys,
    tokenPath,
    tokenMethods,
    tokenTerms,
  }: Pick<ManifestOptions, "hasKeys" | "tokenPath" | "tokenMethods" | "tokenTerms">,
): Manifest["authentication"] {
  const { algorithms = [], maxLifetimeSeconds, ...parties } = tokenTerms ?? {};
  return [
    ...(hasKeys ? [{ scheme: "bearer" }] : []),
    ...(tokenPath === null
      ? []
      : [
          {
            scheme: "oauth2_client_credentials",
            token_url: `${apiBase}${tokenPath}`,
            // Absent means client_secret_basic.
            ...(tokenMethods.includes("private_key_jwt") && {
              token_endpoint_auth_methods: [...tokenMethods],
            }),
          },
        ]),
    ...(tokenTerms === null
      ? []
      : [
          {
            scheme: "signed_jwt",
            algorithms: [...algorithms],
            ...parties,
            max_lifetime_seconds: maxLifetimeSeconds,
          },
        ]),
  ];
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
  { retryScheduleSeconds, batching, sandbox, without, variation = PLAIN, ...authentication }: ManifestOptions,
): Manifest {
  const { paths } = variation;
  const has = (part: CampusPart) => !without.includes(part);
  return {
    contract_version: "1.0",
    vendor: { id: "example-campus", name: "Example Campus Cloud" },
    api_base: baseUrl + paths.api,
    authentication: describeAuthentication(baseUrl + paths.api, authentication),
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
