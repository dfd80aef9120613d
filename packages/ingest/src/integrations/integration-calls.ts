import { VendorClientError, type VendorClientErrorCode } from "@convergint/client";
import { WebhookUsageError } from "@convergint/webhooks";
import { z } from "zod";
import { type Call, call } from "../api/call.ts";
import type { Clock } from "../clock.ts";
import { ProblemError } from "../problem.ts";
import type { Store } from "../store/store.ts";
import type { Schedule } from "../sync/schedule.ts";
import type { Integration } from "./integration.ts";
import {
  integrationViewSchema,
  MAX_COUNT,
  syncViewSchema,
  toIntegrationView,
  toSyncView,
} from "./integration-view.ts";
import { createUnknownIntegrationError, type Integrations } from "./integrations.ts";
import { onboard, removeIntegration } from "./onboard.ts";
import { rotateSecret } from "./rotate-secret.ts";

export interface IntegrationParts {
  readonly store: Store;
  readonly integrations: Integrations;
  readonly schedule: Schedule;
  readonly clock: Clock;
}

/** The path parameter of calls about one integration. */
export const integrationParams = z.object({ integration_id: z.string() });
/** The problem that calls about one integration answer if it is unknown. */
export const UNKNOWN_INTEGRATION = {
  unknown_integration: { status: 404, description: "No integration has this id." },
} as const;

const secondsSchema = (min: number) =>
  z
    .int()
    .min(min)
    .max(86_400 * 7);
const credentialSchema = z.union(
  [
    z.object({ api_key: z.string().min(1).max(4096) }),
    z.object({
      client_id: z.string().min(1).max(1024),
      client_secret: z.string().min(1).max(4096),
      scope: z.string().max(1024).optional(),
    }),
  ],
  "Send `api_key`, or `client_id` and `client_secret`.",
);
const secretSchema = z
  .string()
  .regex(/^wh(sec|pk)_/, "A webhook secret starts with whsec_, a public key with whpk_.");

/** A host name or address as in a URL, without a port. */
const hostSchema = z
  .string()
  .min(1)
  .max(253)
  .transform((host) => host.toLowerCase())
  .refine(
    (host) => URL.parse(`https://${host}/`)?.hostname === host,
    "Send a host such as login.example.net, without scheme, port or path.",
  );
const hostsSchema = z.array(hostSchema).max(20).meta({
  description:
    "Hosts outside the domain of `base_url` that the vendor's manifest may name as `api_base` or `token_url`: the credential is sent to them.",
});

const settingsSchema = z.object({
  name: z.string().min(1).max(200),
  poll_seconds: secondsSchema(1)
    .default(300)
    .meta({ description: "Interval of inventory polls, in seconds." }),
  fast_poll_seconds: secondsSchema(1)
    .default(60)
    .meta({ description: "Interval of inventory polls while expected webhooks do not arrive, in seconds." }),
  silence_seconds: secondsSchema(10).default(900).meta({
    description: "How long webhooks may be silent before the silence counts as an outage, in seconds.",
  }),
});

const onboardingSchema = settingsSchema
  .extend({
    base_url: z.url({ protocol: /^https?$/ }).transform((url) => url.replace(/\/$/, "")),
    allow_hosts: hostsSchema.default([]),
    webhook_secrets: z.array(secretSchema).min(1).max(8).optional().meta({
      description:
        "Secrets of a webhook endpoint that was registered manually. Without secrets, the server registers an endpoint.",
    }),
    customer_id: z.string().min(1).max(256).optional().meta({
      description:
        "Customer that every org of this credential is bound to. Without a customer, each org is quarantined until it is bound.",
    }),
  })
  .and(credentialSchema);

type Credentials = z.output<typeof credentialSchema>;
const toCredential = (sent: Credentials) =>
  "api_key" in sent
    ? { apiKey: sent.api_key }
    : {
        clientId: sent.client_id,
        clientSecret: sent.client_secret,
        ...(sent.scope !== undefined && { scope: sent.scope }),
      };

/** The API calls that onboard, update and poll vendors. No response contains a secret. */
export function integrationCalls({
  store,
  integrations,
  schedule,
  clock,
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
    call({
      method: "POST",
      path: "/integrations",
      operationId: "createIntegration",
      summary: "Onboard a vendor: test its credential, register the webhook endpoint, sync its inventory.",
      role: "admin",
      body: onboardingSchema,
      answer: {
        status: 201,
        description: "The integration. If the first sync failed, `last_sync` says why.",
        schema: integrationViewSchema,
      },
      problems: VENDOR_PROBLEMS,
      async handle({ body, request }) {
        const integration = await onboard(
          {
            name: body.name,
            baseUrl: body.base_url,
            credential: toCredential(body),
            allowHosts: body.allow_hosts,
            pollSeconds: body.poll_seconds,
            fastPollSeconds: body.fast_poll_seconds,
            silenceSeconds: body.silence_seconds,
            webhookSecrets: body.webhook_secrets,
            customerId: body.customer_id,
          },
          {
            integrations,
            store,
            onFault: (fault) =>
              request.log.warn({ fault }, "the orgs of a new integration have a fault of the vendor"),
          },
        ).catch(rethrowAsProblem);
        await schedule.syncNow(integration.integrationId);
        return toView(integration);
      },
    }),
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
        if (credential) {
          const test = async () =>
            integrations
              .connect({ baseUrl, credential, allowHosts })
              // An invalid org says nothing about the credential.
              .orgs({ onFault: () => {} })
              [Symbol.asyncIterator]()
              .next();
          await test().catch(rethrowAsProblem);
        }
        const now = new Date(clock.now()).toISOString();
        const changed = await integrations.change(params.integration_id, (current) => ({
          ...current,
          name: body.name ?? current.name,
          pollSeconds: body.poll_seconds ?? current.pollSeconds,
          fastPollSeconds: body.fast_poll_seconds ?? current.fastPollSeconds,
          silenceSeconds: body.silence_seconds === undefined ? current.silenceSeconds : body.silence_seconds,
          credential: credential ?? current.credential,
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
          overlap_seconds: secondsSchema(0).default(86_400).meta({
            description:
              "How long a secret that was registered manually still verifies. A vendor that creates secrets sets the time itself, at most a day.",
          }),
          revoke_at_once: z.boolean().default(false).meta({
            description:
              "`true` if others may have the old secret: it stops verifying now. The vendor repeats deliveries that are on their way.",
          }),
        })
        .prefault({}),
      answer: {
        status: 200,
        description: "The integration, with the time at which each secret expires.",
        schema: integrationViewSchema,
      },
      problems: {
        ...UNKNOWN_INTEGRATION,
        ...VENDOR_PROBLEMS,
        secret_needed: {
          status: 422,
          description: "The webhook endpoint was registered manually: send the new secret.",
        },
      },
      handle: async ({ params, body }) =>
        toView(
          await rotateSecret(integrations, params.integration_id, {
            secret: body.secret,
            overlapSeconds: body.overlap_seconds,
            revokeAtOnce: body.revoke_at_once,
          }).catch(rethrowAsProblem),
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

/** Errors caused by what the caller sent. All other errors are the vendor's fault. */
const CALLER_AT_FAULT: ReadonlySet<VendorClientErrorCode> = new Set([
  "unauthorized",
  "unreachable",
  "destination_refused",
  "invalid_option",
  "not_found",
  "token_refused",
  "not_offered",
]);

/** Throws an error of a call to a vendor as a problem. Throws any other error unchanged. */
function rethrowAsProblem(error: unknown): never {
  if (error instanceof WebhookUsageError)
    throw new ProblemError(400, "invalid_parameter", `Invalid webhook secret: ${error.message}`);
  if (!(error instanceof VendorClientError)) throw error;
  throw new ProblemError(CALLER_AT_FAULT.has(error.code) ? 422 : 502, `vendor_${error.code}`, error.message);
}

/** The problems of API calls that in turn call a vendor. */
const VENDOR_PROBLEMS = {
  vendor_unauthorized: {
    status: 422,
    description:
      "The vendor refused the credential. For any other `vendor_…` code with status 422, correct the value that you sent.",
  },
  vendor_destination_refused: {
    status: 422,
    description:
      "This server does not send requests to `base_url`, or to a host that the vendor's manifest names. `detail` says which one, and which setting allows it.",
  },
  vendor_invalid_payload: {
    status: 502,
    description:
      "The vendor violated the contract. For any `vendor_…` code with status 502, the vendor must correct the error.",
  },
} as const;
