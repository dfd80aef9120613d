import { z } from "zod";
import { type Call, call, flagSchema } from "../api/call.ts";
import type { Clock } from "../clock.ts";
import { ProblemError } from "../problem.ts";
import type { Store } from "../store/store.ts";
import type { Schedule } from "../sync/schedule.ts";
import type { Integration } from "./integration.ts";
import {
  createdSecretSchema,
  credentialSchema,
  hostsSchema,
  profileSchema,
  profileSettingsSchema,
  rethrowAsProblem,
  secondsSchema,
  secretSchema,
  toCredential,
  VENDOR_PROBLEMS,
} from "./integration-body.ts";
import { integrationViewSchema, type toIntegrationView } from "./integration-view.ts";
import type { Integrations } from "./integrations.ts";
import { type Onboarding, onboard } from "./onboard.ts";
import { previewOnboarding } from "./preview.ts";
import {
  acceptsProgress,
  previewLineSchema,
  previewViewSchema,
  registrationSchema,
  streamPreview,
  toPreviewView,
  type Waiting,
  whileWaiting,
} from "./preview-answer.ts";
import {
  CANONICAL,
  type IntegrationProfile,
  openProfile,
  requireNoHosts,
  toIntegrationProfile,
} from "./profile.ts";
import { DEFAULT_SILENCE_SECONDS } from "./rotate-secret.ts";

const settingsSchema = z.object({
  name: z.string().min(1).max(200),
  poll_seconds: secondsSchema(1)
    .default(300)
    .meta({ description: "Interval of inventory polls, in seconds." }),
  fast_poll_seconds: secondsSchema(1)
    .default(60)
    .meta({ description: "Interval of inventory polls while expected webhooks do not arrive, in seconds." }),
  silence_seconds: secondsSchema(10).default(DEFAULT_SILENCE_SECONDS).meta({
    description: "How long webhooks may be silent before the silence counts as an outage, in seconds.",
  }),
});

const onboardingSchema = settingsSchema
  .extend({
    base_url: z
      .url({ protocol: /^https?$/ })
      .transform((url) => url.replace(/\/$/, ""))
      .optional()
      .meta({ description: "The vendor's base URL. Optional if the profile has a base URL." }),
    profile: profileSchema.optional(),
    settings: profileSettingsSchema.default({}),
    allow_hosts: hostsSchema.default([]),
    webhook_secrets: z.array(secretSchema).min(1).max(8).optional().meta({
      description:
        "Secrets of a webhook endpoint that was registered manually. Without secrets, the server registers an endpoint, or creates a secret if the vendor's API does not register endpoints.",
    }),
    customer_id: z.string().min(1).max(256).optional().meta({
      description:
        "Customer that every org of this credential is bound to. Without a customer, each org is quarantined until it is bound.",
    }),
  })
  .and(credentialSchema);

/** Finds the base URL of a vendor. @throws {ProblemError} 400 `invalid_parameter` */
function toBaseUrl(given: string | undefined, profile: IntegrationProfile | null): string {
  const baseUrl = given ?? (profile && openProfile(profile).document.base_url);
  if (baseUrl) return baseUrl;
  const why = profile
    ? `The profile ${profile.name} has no base URL`
    : "A vendor that serves the contract has no default base URL";
  throw new ProblemError(400, "invalid_parameter", `${why}: send \`base_url\`.`);
}

/** @throws {ProblemError} 400 `invalid_parameter`, 422 for a profile, its settings or a private key that cannot be used */
function toOnboarding(body: z.output<typeof onboardingSchema>): Onboarding {
  const profile = toIntegrationProfile(body.profile ?? CANONICAL, body.settings);
  requireNoHosts(profile, body.allow_hosts);
  return {
    name: body.name,
    baseUrl: toBaseUrl(body.base_url, profile),
    credential: toCredential(body),
    profile,
    allowHosts: body.allow_hosts,
    pollSeconds: body.poll_seconds,
    fastPollSeconds: body.fast_poll_seconds,
    silenceSeconds: body.silence_seconds,
    webhookSecrets: body.webhook_secrets,
    customerId: body.customer_id,
  };
}

/** The API call that onboards a vendor, or shows what that would find and do. */
export const onboardingCall = (
  {
    store,
    integrations,
    schedule,
    clock,
    closing,
  }: {
    readonly store: Store;
    readonly integrations: Integrations;
    readonly schedule: Schedule;
    readonly clock: Clock;
    /** Aborted when the server closes. */
    readonly closing: AbortSignal;
  },
  toView: (integration: Integration) => Promise<ReturnType<typeof toIntegrationView>>,
): Call =>
  call({
    method: "POST",
    path: "/integrations",
    operationId: "createIntegration",
    summary:
      "Onboard a vendor: test its credential, register the webhook endpoint, sync its inventory. With `dry_run=true`, only show what that would find and do: nothing is stored, and nothing is registered at the vendor.",
    role: "admin",
    query: z.object({
      dry_run: flagSchema.prefault("false").meta({
        description: "`true`: read the vendor's manifest and listings, and answer with a preview.",
      }),
    }),
    body: onboardingSchema,
    answer: {
      status: 201,
      description: "The integration. If the first sync failed, `last_sync` says why.",
      schema: integrationViewSchema
        .extend({ webhook_registration: registrationSchema, created_webhook_secret: createdSecretSchema })
        .meta({ id: "CreatedIntegration" }),
    },
    otherAnswers: [
      { status: 200, description: "With `dry_run=true`: the preview.", schema: previewViewSchema },
      {
        status: 200,
        description:
          "If the request accepts `application/x-ndjson`: one JSON object per line, with the progress and at the end the preview or a problem.",
        schema: previewLineSchema,
        mediaType: "application/x-ndjson",
      },
    ],
    problems: VENDOR_PROBLEMS,
    async handle({ query, body, request, reply }) {
      const onboarding = toOnboarding(body);
      if (query.dry_run) {
        const preview = async (waiting: Waiting) => {
          const found = await previewOnboarding(onboarding, { integrations, ...waiting });
          return toPreviewView(onboarding, found, integrations.webhookUrl("{integration_id}"));
        };
        const streamed = { request, reply, closing, clock };
        if (acceptsProgress(request))
          return streamPreview((waiting) => preview(waiting).catch(rethrowAsProblem), streamed);
        const waiting = { onProgress: () => {}, signal: whileWaiting(reply, closing) };
        return reply.code(200).send(await preview(waiting).catch(rethrowAsProblem));
      }
      const { integration, registration, createdSecret } = await onboard(onboarding, {
        integrations,
        store,
        onFault: (fault) =>
          request.log.warn({ fault }, "the orgs of a new integration have a fault of the vendor"),
      }).catch(rethrowAsProblem);
      await schedule.syncNow(integration.integrationId);
      return {
        ...(await toView(integration)),
        webhook_registration: registration,
        created_webhook_secret: createdSecret,
      };
    },
  });
