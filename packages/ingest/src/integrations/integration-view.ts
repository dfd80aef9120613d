import type { Credential } from "@convergint/client";
import { z } from "zod";
import { type FaultReport, MAX_FAULTS } from "../domain/fault.ts";
import type { SyncOutcome, SyncState } from "../store/sync-store.ts";
import { hasPrivateKey, type Integration } from "./integration.ts";
import { describeLimitations } from "./profile.ts";

const countSchema = z.int().min(0);

const faultSchema = z
  .object({
    record: z
      .enum(["org", "site", "device", "event", "page"])
      .meta({ description: "What has the fault. `page` is the page of a listing." }),
    id: z.string().nullable().meta({ description: "The vendor's id of the record." }),
    pointer: z.string().meta({ description: "JSON pointer into the record.", examples: ["/hostname"] }),
    message: z.string().meta({ description: "What is wrong, and what the vendor should send instead." }),
    requirement: z
      .string()
      .nullable()
      .meta({ description: "The violated requirement of the contract.", examples: ["INV-001"] }),
    value: z.string().meta({ description: "The value as sent, as JSON, at most 100 characters." }),
    set_aside: z.boolean().meta({
      description: "Whether the whole record was set aside. If not, only the invalid value was left out.",
    }),
  })
  .meta({ id: "Fault" });

/** The faults of a vendor's records, as the API shows them. */
export const faultsSchema = z.object({
  count: countSchema,
  set_aside: countSchema.meta({
    description:
      "How many records had no valid key or place. While a listing of devices has one, no device is removed because the listing lacks it.",
  }),
  first: z
    .array(faultSchema)
    .meta({ description: `At most ${MAX_FAULTS} of the faults, and few of the same member.` }),
});

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
    faults: faultsSchema.nullable().meta({
      description:
        "What was wrong with the vendor's records, including faults that an unchanged or incremental listing leaves in force. `null` if the sync failed.",
    }),
    detail: z.string().nullable().meta({ description: "A human-readable sentence." }),
  })
  .meta({ id: "Sync" });

export const toFaultsView = ({ count, setAside, first }: FaultReport) => ({
  count,
  set_aside: setAside,
  first: first.map(({ setAside: set_aside, ...fault }) => ({ ...fault, set_aside })),
});

export const toSyncView = ({
  startedAt,
  finishedAt,
  outcome,
  kind,
  devices,
  changes,
  faults,
  detail,
}: SyncOutcome) => ({
  started_at: startedAt,
  finished_at: finishedAt,
  outcome,
  kind,
  devices,
  changes,
  faults: faults ? toFaultsView(faults) : null,
  detail,
});

/** The count of an integration's devices stops here, because counting a million devices takes seconds. */
export const MAX_COUNT = 10_000;

/** An integration, as the API shows it, without secrets. */
export const integrationViewSchema = z
  .object({
    integration_id: z.string(),
    name: z.string(),
    base_url: z.string(),
    profile: z
      .object({
        name: z.string(),
        digest: z.string().meta({ description: "SHA-256 of the profile's text." }),
        settings: z.record(z.string(), z.string()),
      })
      .nullable()
      .meta({
        description:
          "The profile through which the server reads the vendor. `null` for a vendor that serves the contract.",
      }),
    limitations: z.array(z.string()).meta({
      description: "The limitations of this vendor's format, each as a human-readable sentence.",
      examples: [["The signature does not cover the timestamp."]],
    }),
    authentication: z.enum(["api_key", "oauth2", "signed_jwt", "private_key_jwt"]),
    key_id: z.string().nullable().meta({
      description: "The id of the private key in use, if it has one. The key is never shown.",
    }),
    next_key: z
      .object({
        key_id: z.string().nullable(),
        added_at: z.iso.datetime(),
        failure: z.string().meta({ description: "Why the vendor refused it when it was added." }),
      })
      .nullable()
      .meta({
        description:
          "A private key that the vendor does not accept yet. The server tries it before each poll, and uses the old key until then.",
      }),
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
    egress_ip_ranges: z.array(z.string()).nullable().meta({
      description:
        "Addresses that the vendor's webhooks come from, by its manifest at the last sync. `null` if it names none.",
    }),
    created_at: z.iso.datetime(),
    disabled_at: z.iso.datetime().nullable().meta({
      description: "Since when the server neither polls the vendor nor accepts its webhooks.",
    }),
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
    devices: z
      .object({
        count: countSchema.meta({ description: `How many devices are stored, up to ${MAX_COUNT}.` }),
        is_exact: z.boolean().meta({ description: "`false` if more devices are stored." }),
      })
      .meta({ description: "The devices that are stored and not removed." }),
  })
  .meta({ id: "Integration" });

function nameScheme(credential: Credential): "api_key" | "oauth2" | "signed_jwt" | "private_key_jwt" {
  if ("apiKey" in credential) return "api_key";
  if (!hasPrivateKey(credential)) return "oauth2";
  return "clientId" in credential ? "private_key_jwt" : "signed_jwt";
}

const toKeyId = (credential: Credential): string | null =>
  (hasPrivateKey(credential) ? credential.keyId : null) ?? null;

export function toIntegrationView(
  integration: Integration,
  webhookUrl: string,
  state: SyncState | null,
  lastSync: SyncOutcome | undefined,
  /** Counted up to one more than {@link MAX_COUNT}. */
  devices: number,
) {
  const { credential, profile, nextKey, allowHosts, webhookSecrets } = integration;
  return {
    integration_id: integration.integrationId,
    name: integration.name,
    base_url: integration.baseUrl,
    profile: profile && { name: profile.name, digest: profile.digest, settings: { ...profile.settings } },
    limitations: [...describeLimitations(profile)],
    authentication: nameScheme(credential),
    key_id: toKeyId(credential),
    next_key: nextKey
      ? { key_id: toKeyId(nextKey.credential), added_at: nextKey.addedAt, failure: nextKey.failure }
      : null,
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
    egress_ip_ranges: state?.egressIpRanges ? [...state.egressIpRanges] : null,
    created_at: integration.createdAt,
    disabled_at: integration.disabledAt,
    webhooks: state?.webhooks ?? null,
    next_sync_at: state?.nextAt ?? null,
    failures: state?.failures ?? 0,
    last_sync: lastSync ? toSyncView(lastSync) : null,
    devices: { count: Math.min(devices, MAX_COUNT), is_exact: devices <= MAX_COUNT },
  };
}
