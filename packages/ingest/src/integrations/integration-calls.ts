import { createVendorClient } from "@convergint/client";
import { z } from "zod";
import { type Call, call } from "../api/call.ts";
import type { Store } from "../store/store.ts";
import type { Schedule } from "../sync/schedule.ts";
import type { Integration } from "./integration.ts";
import { integrationViewSchema, syncViewSchema, toIntegrationView, toSyncView } from "./integration-view.ts";
import { createUnknownIntegrationError, type Integrations } from "./integrations.ts";
import { onboard } from "./onboard.ts";
import { rotateSecret } from "./rotate-secret.ts";
import { rethrowAsProblem, VENDOR_PROBLEMS } from "./vendor-problem.ts";

export interface IntegrationParts {
  readonly store: Store;
  readonly integrations: Integrations;
  readonly schedule: Schedule;
}

/** The path parameter of every call about one integration. */
export const integrationParams = z.object({ integration_id: z.string() });
/** What every call about one integration may be refused with. */
export const UNKNOWN_INTEGRATION = {
  unknown_integration: { status: 404, description: "There is none with this id." },
} as const;

const seconds = (least: number) =>
  z
    .int()
    .min(least)
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
  .regex(/^wh(sec|pk)_/, "A webhook secret begins with whsec_, a public key with whpk_.");

const settingsSchema = z.object({
  name: z.string().min(1).max(200),
  poll_seconds: seconds(1).default(300).meta({ description: "How often the inventory is polled." }),
  fast_poll_seconds: seconds(1)
    .default(60)
    .meta({ description: "How often it is polled while webhooks do not come though they should." }),
  silence_seconds: seconds(10)
    .default(900)
    .meta({ description: "How long webhooks may be silent before that is an outage." }),
});

const onboardingSchema = settingsSchema
  .extend({
    base_url: z.url({ protocol: /^https?$/ }).transform((url) => url.replace(/\/$/, "")),
    webhook_secrets: z.array(secretSchema).min(1).max(8).optional().meta({
      description: "Of a destination that was registered by hand; without them, the server registers it.",
    }),
    customer_id: z.string().min(1).max(256).optional().meta({
      description: "Whose every org of the credential is. Without it, all is quarantined until it is bound.",
    }),
  })
  .and(credentialSchema);

type Credentials = z.output<typeof credentialSchema>;
const asCredential = (sent: Credentials) =>
  "api_key" in sent
    ? { apiKey: sent.api_key }
    : {
        clientId: sent.client_id,
        clientSecret: sent.client_secret,
        ...(sent.scope !== undefined && { scope: sent.scope }),
      };

/** The calls that onboard vendors, change them and poll them. No answer carries a secret. */
export function integrationCalls({ store, integrations, schedule }: IntegrationParts): readonly Call[] {
  async function shown(integration: Integration) {
    const { integrationId } = integration;
    const [state, [last]] = await Promise.all([
      store.syncs.state(integrationId),
      store.syncs.outcomes(integrationId, 1),
    ]);
    return toIntegrationView(integration, integrations.webhookUrl(integrationId), state, last);
  }

  async function known(integrationId: string): Promise<Integration> {
    const integration = await integrations.refresh(integrationId);
    if (!integration) throw createUnknownIntegrationError();
    return integration;
  }

  return [
    call({
      method: "POST",
      path: "/integrations",
      operationId: "createIntegration",
      summary: "Onboard a vendor: try its credential, register the webhook destination, sync its inventory.",
      role: "admin",
      body: onboardingSchema,
      answer: {
        status: 201,
        description: "The integration. A first sync that failed is in `last_sync`.",
        schema: integrationViewSchema,
      },
      problems: VENDOR_PROBLEMS,
      async handle({ body }) {
        const integration = await onboard(
          {
            name: body.name,
            baseUrl: body.base_url,
            credential: asCredential(body),
            pollSeconds: body.poll_seconds,
            fastPollSeconds: body.fast_poll_seconds,
            silenceSeconds: body.silence_seconds,
            webhookSecrets: body.webhook_secrets,
            customerId: body.customer_id,
          },
          { integrations, store },
        ).catch(rethrowAsProblem);
        await schedule.syncNow(integration.integrationId);
        return shown(integration);
      },
    }),
    call({
      method: "GET",
      path: "/integrations",
      operationId: "listIntegrations",
      summary: "List the integrations, with how their syncs and webhooks do.",
      role: "read",
      answer: {
        status: 200,
        description: "The integrations.",
        schema: z.object({ data: z.array(integrationViewSchema) }),
      },
      handle: async () => ({ data: await Promise.all((await integrations.all()).map(shown)) }),
    }),
    call({
      method: "GET",
      path: "/integrations/{integration_id}",
      operationId: "getIntegration",
      summary: "One integration.",
      role: "read",
      params: integrationParams,
      answer: { status: 200, description: "The integration.", schema: integrationViewSchema },
      problems: UNKNOWN_INTEGRATION,
      handle: async ({ params }) => shown(await known(params.integration_id)),
    }),
    call({
      method: "PATCH",
      path: "/integrations/{integration_id}",
      operationId: "updateIntegration",
      summary: "Change an integration's settings, or its credential, which is tried first.",
      role: "admin",
      params: integrationParams,
      body: z
        .object({
          name: z.string().min(1).max(200),
          poll_seconds: seconds(1),
          fast_poll_seconds: seconds(1),
          silence_seconds: seconds(10)
            .nullable()
            .meta({ description: "`null` for a vendor that sends no webhooks." }),
          credential: credentialSchema,
        })
        .partial(),
      answer: { status: 200, description: "The integration as it is now.", schema: integrationViewSchema },
      problems: { ...UNKNOWN_INTEGRATION, ...VENDOR_PROBLEMS },
      async handle({ params, body }) {
        const { baseUrl } = await known(params.integration_id);
        const credential = body.credential && asCredential(body.credential);
        if (credential) {
          const vendor = createVendorClient({ baseUrl, credential });
          await vendor.orgs()[Symbol.asyncIterator]().next().catch(rethrowAsProblem);
        }
        const changed = await integrations.change(params.integration_id, (current) => ({
          ...current,
          name: body.name ?? current.name,
          pollSeconds: body.poll_seconds ?? current.pollSeconds,
          fastPollSeconds: body.fast_poll_seconds ?? current.fastPollSeconds,
          silenceSeconds: body.silence_seconds === undefined ? current.silenceSeconds : body.silence_seconds,
          credential: credential ?? current.credential,
        }));
        return shown(changed);
      },
    }),
    call({
      method: "POST",
      path: "/integrations/{integration_id}/rotate-secret",
      operationId: "rotateSecret",
      summary: "Replace the webhook secret. Old and new both verify until the overlap ends.",
      role: "admin",
      params: integrationParams,
      body: z.object({
        secret: secretSchema.optional().meta({
          description:
            "The new secret, where the destination was registered by hand; else the vendor makes one.",
        }),
        overlap_seconds: seconds(0).default(86_400),
      }),
      answer: {
        status: 200,
        description: "The integration, with until when each secret verifies.",
        schema: integrationViewSchema,
      },
      problems: {
        ...UNKNOWN_INTEGRATION,
        ...VENDOR_PROBLEMS,
        secret_needed: {
          status: 422,
          description: "The destination was registered by hand: send the new secret.",
        },
      },
      handle: async ({ params, body }) =>
        shown(
          await rotateSecret(integrations, params.integration_id, {
            secret: body.secret,
            overlapSeconds: body.overlap_seconds,
          }).catch(rethrowAsProblem),
        ),
    }),
    call({
      method: "POST",
      path: "/integrations/{integration_id}/sync",
      operationId: "syncIntegration",
      summary: "Poll the inventory now, or join the poll that is under way.",
      role: "admin",
      params: integrationParams,
      answer: { status: 200, description: "How it ended.", schema: syncViewSchema },
      problems: UNKNOWN_INTEGRATION,
      async handle({ params }) {
        const { integrationId } = await known(params.integration_id);
        return toSyncView(await schedule.syncNow(integrationId));
      },
    }),
    call({
      method: "GET",
      path: "/integrations/{integration_id}/syncs",
      operationId: "listSyncs",
      summary: "How the last syncs ended, the newest first.",
      role: "read",
      params: integrationParams,
      query: z.object({ limit: z.coerce.number().int().min(1).max(100).default(20) }),
      answer: { status: 200, description: "The syncs.", schema: z.object({ data: z.array(syncViewSchema) }) },
      problems: UNKNOWN_INTEGRATION,
      async handle({ params, query }) {
        const { integrationId } = await known(params.integration_id);
        return { data: (await store.syncs.outcomes(integrationId, query.limit)).map(toSyncView) };
      },
    }),
  ];
}
