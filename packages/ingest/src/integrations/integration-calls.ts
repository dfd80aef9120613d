import { VendorClientError } from "@convergint/client";
import { z } from "zod";
import { type Call, call } from "../api/call.ts";
import type { Clock } from "../clock.ts";
import { ProblemError } from "../problem.ts";
import type { Store } from "../store/store.ts";
import type { Schedule } from "../sync/schedule.ts";
import type { Integration } from "./integration.ts";
import {
  createdSecretSchema,
  credentialSchema,
  hostsSchema,
  keySchema,
  profileSchema,
  profileSettingsSchema,
  rethrowAsProblem,
  secondsSchema,
  secretSchema,
  toCredential,
  toKey,
  VENDOR_PROBLEMS,
} from "./integration-body.ts";
import {
  integrationViewSchema,
  MAX_COUNT,
  syncViewSchema,
  toIntegrationView,
  toSyncView,
} from "./integration-view.ts";
import { createUnknownIntegrationError, type Integrations } from "./integrations.ts";
import { removeIntegration } from "./onboard.ts";
import { onboardingCall } from "./onboarding-call.ts";
import { CANONICAL, requireNoHosts, toIntegrationProfile } from "./profile.ts";
import { requireAccepted, rotateKey } from "./rotate-key.ts";
import { rotateSecret } from "./rotate-secret.ts";

export interface IntegrationParts {
  readonly store: Store;
  readonly integrations: Integrations;
  readonly schedule: Schedule;
  readonly clock: Clock;
  /** Aborted when the server closes. */
  readonly closing: AbortSignal;
}

/** The path parameter of calls about one integration. */
export const integrationParams = z.object({ integration_id: z.string() });
/** The problem that calls about one integration answer if it is unknown. */
export const UNKNOWN_INTEGRATION = {
  unknown_integration: { status: 404, description: "No integration has this id." },
} as const;

/** The API calls that show, update and poll integrations. Only the answer that creates a webhook secret shows it. */
export function integrationCalls({
  store,
  integrations,
  schedule,
  clock,
  closing,
}: IntegrationParts): readonly Call[] {
  async function toView(integration: Integration) {
    const { integrationId } = integration;
    const [state, [last], devices] = await Promise.all([
      store.syncs.state(integrationId),
      store.syncs.outcomes(integrationId, 1),
      store.devices.count(integrationId, MAX_COUNT + 1),
    ]);
    return toIntegrationView(integration, integrations.webhookUrl(integrationId), state, last, devices);
  }

  async function requireIntegration(integrationId: string): Promise<Integration> {
    const integration = await integrations.refresh(integrationId);
    if (!integration) throw createUnknownIntegrationError();
    return integration;
  }

  return [
    onboardingCall({ store, integrations, schedule, clock, closing }, toView),
    call({
      method: "GET",
      path: "/integrations",
      operationId: "listIntegrations",
      summary: "List the integrations, with the state of their syncs and webhooks.",
      role: "read",
      answer: {
        status: 200,
        description: "The integrations.",
        schema: z.object({ data: z.array(integrationViewSchema) }),
      },
      handle: async () => ({ data: await Promise.all((await integrations.all()).map(toView)) }),
    }),
    call({
      method: "GET",
      path: "/integrations/{integration_id}",
      operationId: "getIntegration",
      summary: "Get an integration.",
      role: "read",
      params: integrationParams,
      answer: { status: 200, description: "The integration.", schema: integrationViewSchema },
      problems: UNKNOWN_INTEGRATION,
      handle: async ({ params }) => toView(await requireIntegration(params.integration_id)),
    }),
    call({
      method: "PATCH",
      path: "/integrations/{integration_id}",
      operationId: "updateIntegration",
      summary: "Update an integration's settings or credential. A new credential is tested first.",
      role: "admin",
      params: integrationParams,
      body: z
        .object({
          name: z.string().min(1).max(200),
          poll_seconds: secondsSchema(1),
          fast_poll_seconds: secondsSchema(1),
          silence_seconds: secondsSchema(10)
            .nullable()
            .meta({ description: "`null` for a vendor without webhooks." }),
          credential: credentialSchema,
          allow_hosts: hostsSchema,
          profile: profileSchema.meta({
            description:
              "Another profile, or another version of it: the name of a shipped profile, or the text of a profile. `canonical`: the vendor now serves the contract.",
          }),
          settings: profileSettingsSchema,
          disabled: z.boolean().meta({
            description:
              "`true`: the server stops polling the vendor, ends a running sync and answers its webhooks with 404. Stored data stays.",
          }),
        })
        .partial(),
      answer: { status: 200, description: "The updated integration.", schema: integrationViewSchema },
      problems: { ...UNKNOWN_INTEGRATION, ...VENDOR_PROBLEMS },
      async handle({ params, body }) {
        const { baseUrl, ...current } = await requireIntegration(params.integration_id);
        const allowHosts = body.allow_hosts ?? current.allowHosts;
        const credential = body.credential && toCredential(body.credential);
        const profile =
          body.profile === undefined && body.settings === undefined
            ? current.profile
            : toIntegrationProfile(
                body.profile ?? current.profile?.document ?? CANONICAL,
                body.settings ?? current.profile?.settings ?? {},
              );
        requireNoHosts(profile, allowHosts);
        if (credential || profile !== current.profile) {
          const changed = { baseUrl, credential: credential ?? current.credential, profile, allowHosts };
          await requireAccepted(integrations, changed).catch(rethrowAsProblem);
        }
        const now = new Date(clock.now()).toISOString();
        const changed = await integrations.change(params.integration_id, (current) => ({
          ...current,
          name: body.name ?? current.name,
          pollSeconds: body.poll_seconds ?? current.pollSeconds,
          fastPollSeconds: body.fast_poll_seconds ?? current.fastPollSeconds,
          silenceSeconds: body.silence_seconds === undefined ? current.silenceSeconds : body.silence_seconds,
          credential: credential ?? current.credential,
          profile,
          nextKey: credential ? undefined : current.nextKey,
          allowHosts: body.allow_hosts ?? current.allowHosts,
          disabledAt:
            body.disabled === undefined
              ? current.disabledAt
              : body.disabled
                ? (current.disabledAt ?? now)
                : null,
        }));
        return toView(changed);
      },
    }),
    call({
      method: "DELETE",
      path: "/integrations/{integration_id}",
      operationId: "deleteIntegration",
      summary:
        "Delete an integration, its webhook endpoint at the vendor, its devices and its settings. Its customers' feeds say that the devices are removed. Events and changes stay until their age removes them.",
      role: "admin",
      params: integrationParams,
      answer: {
        status: 200,
        description: "The integration is deleted.",
        schema: z.object({
          left_at_vendor: z.string().nullable().meta({
            description:
              "Why the webhook endpoint could not be deleted at the vendor. `null` if nothing remains there.",
          }),
        }),
      },
      problems: {
        ...UNKNOWN_INTEGRATION,
        sync_running: { status: 409, description: "A sync has not ended yet. Send the request again later." },
      },
      handle: async ({ params }) => ({
        left_at_vendor: await removeIntegration(params.integration_id, { integrations, store, clock }),
      }),
    }),
    call({
      method: "POST",
      path: "/integrations/{integration_id}/rotate-secret",
      operationId: "rotateSecret",
      summary: "Replace the webhook secret. The old and the new secret both verify until the overlap ends.",
      role: "admin",
      params: integrationParams,
      body: z
        .object({
          secret: secretSchema.optional().meta({
            description:
              "The new secret, if the webhook endpoint was registered manually. Otherwise, the vendor creates the secret.",
          }),
          create_secret: z.boolean().default(false).meta({
            description:
              "`true`: this server creates the new secret of a webhook endpoint that was registered manually. Only the answer shows it.",
          }),
          overlap_seconds: secondsSchema(0).default(86_400).meta({
            description:
              "How long a secret that was registered manually still verifies. A vendor that creates secrets sets the time itself, at most a day.",
          }),
          revoke_at_once: z.boolean().default(false).meta({
            description:
              "`true` if others may have the old secret: it stops verifying now. The vendor repeats deliveries that are on their way.",
          }),
        })
        .refine(({ secret, create_secret }) => secret === undefined || !create_secret, {
          path: ["create_secret"],
          error: "Send either secret or create_secret.",
        })
        .prefault({}),
      answer: {
        status: 200,
        description: "The integration, with the time at which each secret expires.",
        schema: integrationViewSchema
          .extend({ created_webhook_secret: createdSecretSchema })
          .meta({ id: "RotatedIntegration" }),
      },
      problems: {
        ...UNKNOWN_INTEGRATION,
        ...VENDOR_PROBLEMS,
        secret_needed: {
          status: 422,
          description:
            "The webhook endpoint was registered manually: send the new secret, or `create_secret`.",
        },
        vendor_creates_secret: {
          status: 422,
          description: "The webhook endpoint was registered by the vendor's API: leave `create_secret` out.",
        },
      },
      async handle({ params, body }) {
        const { integration, createdSecret } = await rotateSecret(integrations, params.integration_id, {
          secret: body.secret,
          createSecret: body.create_secret,
          overlapSeconds: body.overlap_seconds,
          revokeAtOnce: body.revoke_at_once,
        }).catch(rethrowAsProblem);
        return { ...(await toView(integration)), created_webhook_secret: createdSecret };
      },
    }),
    call({
      method: "POST",
      path: "/integrations/{integration_id}/rotate-key",
      operationId: "rotateKey",
      summary:
        "Replace the private key. If the vendor does not accept the new key yet, the old key stays in use, and the server tries the new one before each poll.",
      role: "admin",
      params: integrationParams,
      body: keySchema,
      answer: {
        status: 200,
        description: "The integration. `next_key` is not `null` if the new key waits for the vendor.",
        schema: integrationViewSchema,
      },
      problems: {
        ...UNKNOWN_INTEGRATION,
        ...VENDOR_PROBLEMS,
        no_private_key: {
          status: 422,
          description: "The integration does not authenticate with a private key. Set one with PATCH.",
        },
      },
      handle: async ({ params, body }) =>
        toView(
          await rotateKey(integrations, params.integration_id, toKey(body), clock).catch(rethrowAsProblem),
        ),
    }),
    call({
      method: "POST",
      path: "/integrations/{integration_id}/sync",
      operationId: "syncIntegration",
      summary: "Sync the inventory now. If a sync is already in progress, wait for that sync instead.",
      role: "admin",
      params: integrationParams,
      answer: { status: 200, description: "The result of the sync.", schema: syncViewSchema },
      problems: {
        ...UNKNOWN_INTEGRATION,
        sync_aborted: {
          status: 409,
          description: "The integration was disabled or deleted during the sync, or the server is stopping.",
        },
        integration_disabled: { status: 409, description: "The integration is disabled. Enable it first." },
      },
      async handle({ params }) {
        const { integrationId, disabledAt } = await requireIntegration(params.integration_id);
        if (disabledAt !== null) {
          const detail = `The integration is disabled since ${disabledAt}. Enable it with PATCH and {"disabled": false}.`;
          throw new ProblemError(409, "integration_disabled", detail);
        }
        const ended = await schedule.syncNow(integrationId).catch((error: unknown) => {
          if (!(error instanceof VendorClientError) || error.code !== "aborted") throw error;
          const detail =
            "The sync ended early: the integration was disabled or deleted, or the server is stopping.";
          throw new ProblemError(409, "sync_aborted", detail);
        });
        return toSyncView(ended);
      },
    }),
    call({
      method: "GET",
      path: "/integrations/{integration_id}/syncs",
      operationId: "listSyncs",
      summary: "List the last syncs, newest first.",
      role: "read",
      params: integrationParams,
      query: z.object({ limit: z.coerce.number().int().min(1).max(100).default(20) }),
      answer: { status: 200, description: "The syncs.", schema: z.object({ data: z.array(syncViewSchema) }) },
      problems: UNKNOWN_INTEGRATION,
      async handle({ params, query }) {
        const { integrationId } = await requireIntegration(params.integration_id);
        return { data: (await store.syncs.outcomes(integrationId, query.limit)).map(toSyncView) };
      },
    }),
  ];
}
