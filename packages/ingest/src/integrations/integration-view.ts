import { z } from "zod";
import type { SyncOutcome, SyncState } from "../store/sync-store.ts";
import type { Integration } from "./integration.ts";

const countSchema = z.int().min(0);

/** A sync, as the API shows it. */
export const syncViewSchema = z
  .object({
    started_at: z.iso.datetime(),
    finished_at: z.iso.datetime(),
    outcome: z.enum(["complete", "unchanged", "removals_held", "failed"]),
    kind: z.enum(["full", "incremental"]),
    devices: countSchema.meta({ description: "How many devices were read." }),
    changes: z
      .object({
        added: countSchema,
        updated: countSchema,
        moved: countSchema,
        removed: countSchema,
        held: countSchema,
        corrected: countSchema.meta({
          description: "How many statuses in the listing differed from those in the events.",
        }),
      })
      .nullable(),
    detail: z.string().nullable().meta({ description: "A sentence for people." }),
  })
  .meta({ id: "Sync" });

export const toSyncView = ({
  startedAt,
  finishedAt,
  outcome,
  kind,
  devices,
  changes,
  detail,
}: SyncOutcome) => ({
  started_at: startedAt,
  finished_at: finishedAt,
  outcome,
  kind,
  devices,
  changes,
  detail,
});

/** An integration, as the API shows it, without secrets. */
export const integrationViewSchema = z
  .object({
    integration_id: z.string(),
    name: z.string(),
    base_url: z.string(),
    authentication: z.enum(["api_key", "oauth2"]),
    allow_hosts: z
      .array(z.string())
      .meta({ description: "Hosts outside the domain of `base_url` that the credential may be sent to." }),
    poll_seconds: z.int(),
    fast_poll_seconds: z.int(),
    silence_seconds: z.int().nullable(),
    webhook_url: z.string().meta({ description: "URL that the vendor sends webhooks to." }),
    webhook_endpoint_id: z.string().nullable(),
    webhook_secrets: z
      .array(z.object({ added_at: z.iso.datetime(), expires_at: z.iso.datetime().nullable() }))
      .meta({
        description:
          "The current secrets: when each secret was added, and when it expires. The values of secrets are never shown.",
      }),
    created_at: z.iso.datetime(),
    webhooks: z
      .object({
        state: z.enum(["ok", "silent", "refused", "not_expected"]),
        since: z.iso.datetime(),
        detail: z.string().nullable(),
      })
      .nullable(),
    next_sync_at: z.iso.datetime().nullable(),
    failures: countSchema.meta({ description: "Consecutive failed syncs." }),
    last_sync: syncViewSchema.nullable(),
  })
  .meta({ id: "Integration" });

export function toIntegrationView(
  integration: Integration,
  webhookUrl: string,
  state: SyncState | null,
  lastSync: SyncOutcome | undefined,
) {
  const { credential, allowHosts, webhookSecrets } = integration;
  return {
    integration_id: integration.integrationId,
    name: integration.name,
    base_url: integration.baseUrl,
    authentication: "apiKey" in credential ? "api_key" : "oauth2",
    allow_hosts: [...allowHosts],
    poll_seconds: integration.pollSeconds,
    fast_poll_seconds: integration.fastPollSeconds,
    silence_seconds: integration.silenceSeconds,
    webhook_url: webhookUrl,
    webhook_endpoint_id: integration.webhookEndpointId,
    webhook_secrets: webhookSecrets.map(({ addedAt, expiresAt }) => ({
      added_at: addedAt,
      expires_at: expiresAt,
    })),
    created_at: integration.createdAt,
    webhooks: state?.webhooks ?? null,
    next_sync_at: state?.nextAt ?? null,
    failures: state?.failures ?? 0,
    last_sync: lastSync ? toSyncView(lastSync) : null,
  };
}
