import { type OrgId, webhookEndpointRequestSchema } from "@convergint/schemas";
import type { FastifyInstance } from "fastify";
import type { Credential } from "../credentials.ts";
import { newOccurrence, pingEvent } from "../events/device-events.ts";
import type { Inventory } from "../inventory/inventory.ts";
import { ProblemError, readBody } from "../problem.ts";
import type { WebhookEndpoints } from "./webhook-endpoints.ts";

interface OneEndpoint {
  Params: { endpoint_id: string };
}

/** The dependencies of the endpoint routes. */
export interface EndpointRouteOptions {
  readonly endpoints: WebhookEndpoints;
  readonly inventory: Inventory;
  readonly now: () => Date;
}

/** Serves the webhook endpoints of each credential. @see spec/1.0/contract.md#webhook-endpoints */
export function endpointRoutes(v1: FastifyInstance, options: EndpointRouteOptions): void {
  const { endpoints, inventory, now } = options;
  v1.post("/webhook-endpoints", async ({ body, credential }, reply) => {
    const request = readBody(webhookEndpointRequestSchema, body);
    if (request.org_id) inventory.requireOrg(credential, request.org_id);
    return reply.code(201).send(await endpoints.register(credential, request));
  });
  v1.get("/webhook-endpoints", async ({ credential }) => ({
    data: await endpoints.list(credential),
  }));
  v1.delete<OneEndpoint>("/webhook-endpoints/:endpoint_id", async ({ params, credential }, reply) => {
    await endpoints.remove(credential, params.endpoint_id);
    return reply.code(204).send();
  });
  v1.post<OneEndpoint>("/webhook-endpoints/:endpoint_id/rotate-secret", async ({ params, credential }) =>
    endpoints.rotateSecret(credential, params.endpoint_id),
  );
  v1.post<OneEndpoint>("/webhook-endpoints/:endpoint_id/ping", async ({ params, credential }, reply) => {
    const { endpoint_id, org_id } = await endpoints.get(credential, params.endpoint_id);
    const about = { ...firstSite(inventory, credential, org_id ?? undefined), endpoint_id };
    const event = pingEvent(about, newOccurrence(now()));
    await endpoints.ping(endpoint_id, event);
    return reply.code(202).send({ event_id: event.id });
  });
}

/** Every event names a site, so a ping names any site that the endpoint's owner may see. */
function firstSite(inventory: Inventory, credential: Credential, org_id: OrgId | undefined) {
  const [site] = inventory.sites(credential, { org_id });
  if (site === undefined)
    throw new ProblemError(
      "unknown_site",
      "Cannot send a ping: a ping must name a site, and your orgs have no sites.",
    );
  return { org_id: site.org_id, site_id: site.site_id };
}
