import { VendorClientError, type VendorClientErrorCode } from "@convergint/client";
import { WebhookUsageError } from "@convergint/webhooks";
import type { FastifyInstance } from "fastify";
import { ProblemError } from "../problem.ts";
import { onboardingSchema, read } from "../query/parameters.ts";
import type { StoreReader, SyncOutcome } from "../store/store.ts";
import type { Schedule } from "../sync/schedule.ts";
import type { Integration, Integrations } from "./integrations.ts";

export interface BindingParts {
  readonly integrations: Integrations;
  readonly reader: StoreReader;
  readonly schedule: Schedule;
}

const shownSync = ({ startedAt, finishedAt, outcome, devices, detail }: SyncOutcome) => ({
  started_at: startedAt,
  finished_at: finishedAt,
  outcome,
  devices,
  detail,
});

/** What the caller sent is at fault; anything else is the vendor's. */
const CALLER_AT_FAULT: ReadonlySet<VendorClientErrorCode> = new Set([
  "unauthorized",
  "unreachable",
  "invalid_option",
  "not_found",
  "token_refused",
  "not_offered",
]);

/** A failure, as the person who onboards a vendor should hear of it. */
function asProblem(error: unknown): unknown {
  if (error instanceof WebhookUsageError) {
    return new ProblemError(400, "invalid_parameter", `/webhook_secrets: ${error.message}`);
  }
  if (!(error instanceof VendorClientError)) return error;
  const status = CALLER_AT_FAULT.has(error.code) ? 422 : 502;
  return new ProblemError(status, `vendor_${error.code}`, error.message);
}

/** Adds the calls that onboard vendors and poll them. No answer carries a secret. */
export function bindingRoutes(app: FastifyInstance, { integrations, reader, schedule }: BindingParts): void {
  const shown = ({
    integrationId,
    name,
    baseUrl,
    pollSeconds,
    webhookEndpointId,
    createdAt,
  }: Integration) => {
    const last = reader.lastSync(integrationId);
    return {
      integration_id: integrationId,
      name,
      base_url: baseUrl,
      poll_seconds: pollSeconds,
      webhook_url: integrations.webhookUrl(integrationId),
      webhook_endpoint_id: webhookEndpointId,
      created_at: createdAt,
      last_sync: last && shownSync(last),
    };
  };

  app.post("/integrations", async ({ body }, reply) => {
    const onboarding = read(onboardingSchema, body);
    const integration = await integrations.onboard(onboarding).catch((error: unknown) => {
      throw asProblem(error);
    });
    await schedule.syncNow(integration);
    return reply.code(201).send(shown(integration));
  });

  app.get("/integrations", async () => ({ data: integrations.all().map(shown) }));

  app.post<{ Params: { integrationId: string } }>("/integrations/:integrationId/sync", async ({ params }) => {
    const integration = integrations.get(params.integrationId);
    if (!integration)
      throw new ProblemError(404, "unknown_integration", "List the integrations with GET /v1/integrations.");
    return shownSync(await schedule.syncNow(integration));
  });
}
