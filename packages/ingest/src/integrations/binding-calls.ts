import { z } from "zod";
import { type Call, call } from "../api/call.ts";
import type { Binding } from "../domain/binding.ts";
import { ProblemError } from "../problem.ts";
import type { UnboundPlace } from "../store/binding-store.ts";
import type { Store } from "../store/store.ts";
import { integrationParams, UNKNOWN_INTEGRATION } from "./integration-calls.ts";
import { createUnknownIntegrationError, type Integrations } from "./integrations.ts";

const id = z.string().min(1).max(256);

const bindingSchema = z
  .object({
    org_id: id.meta({ description: "The vendor's org." }),
    site_id: id.nullable().meta({
      description: "The vendor's site; `null` for every site of the org without a binding of its own.",
    }),
    customer_id: id,
    customer_site_id: id.nullable(),
    bound_at: z.iso.datetime(),
  })
  .meta({ id: "Binding" });

const shownBinding = ({ orgId, siteId, customerId, customerSiteId, boundAt }: Binding) => ({
  org_id: orgId,
  site_id: siteId,
  customer_id: customerId,
  customer_site_id: customerSiteId,
  bound_at: boundAt,
});

const unboundSchema = z
  .object({
    integration_id: z.string(),
    org_id: z.string(),
    site_id: z.string(),
    site_name: z.string().nullable(),
    devices: z.int(),
    events: z.int(),
    first_seen_at: z.iso.datetime(),
  })
  .meta({ id: "UnboundPlace" });

const shownPlace = (place: UnboundPlace) => ({
  integration_id: place.integrationId,
  org_id: place.orgId,
  site_id: place.siteId,
  site_name: place.siteName,
  devices: place.devices,
  events: place.events,
  first_seen_at: place.firstSeenAt,
});

/** The calls that say which of our customers and sites a vendor's orgs and sites are. */
export function placeCalls({
  store,
  integrations,
}: {
  readonly store: Store;
  readonly integrations: Integrations;
}): readonly Call[] {
  async function requireKnown(integrationId: string): Promise<void> {
    if (!(await integrations.refresh(integrationId))) throw createUnknownIntegrationError();
  }

  return [
    call({
      method: "GET",
      path: "/integrations/{integration_id}/bindings",
      operationId: "listBindings",
      summary: "List the bindings of an integration.",
      role: "read",
      params: integrationParams,
      answer: {
        status: 200,
        description: "The bindings.",
        schema: z.object({ data: z.array(bindingSchema) }),
      },
      problems: UNKNOWN_INTEGRATION,
      async handle({ params }) {
        await requireKnown(params.integration_id);
        return { data: (await store.bindings.all(params.integration_id)).map(shownBinding) };
      },
    }),
    call({
      method: "PUT",
      path: "/integrations/{integration_id}/bindings",
      operationId: "bind",
      summary: "Bind an org, or one of its sites. What was quarantined there takes effect, in order.",
      role: "admin",
      params: integrationParams,
      body: z
        .object({
          org_id: id,
          site_id: id.nullable().default(null),
          customer_id: id,
          customer_site_id: id.nullable().default(null),
        })
        .refine(({ site_id, customer_site_id }) => site_id !== null || customer_site_id === null, {
          path: ["customer_site_id"],
          error: "Name the vendor's site_id too: every site of an org cannot be one of ours.",
        }),
      answer: {
        status: 200,
        description: "The binding, and what it let out of quarantine.",
        schema: bindingSchema
          .extend({ released: z.object({ devices: z.int(), events: z.int() }) })
          .meta({ id: "Bound" }),
      },
      problems: UNKNOWN_INTEGRATION,
      async handle({ params, body }) {
        await requireKnown(params.integration_id);
        const binding: Binding = {
          integrationId: params.integration_id,
          orgId: body.org_id,
          siteId: body.site_id,
          customerId: body.customer_id,
          // Where nothing else is said, the customer's site goes by the vendor's id.
          customerSiteId: body.site_id === null ? null : (body.customer_site_id ?? body.site_id),
          boundAt: new Date().toISOString(),
        };
        return { ...shownBinding(binding), released: await store.bindings.bind(binding) };
      },
    }),
    call({
      method: "DELETE",
      path: "/integrations/{integration_id}/bindings",
      operationId: "unbind",
      summary: "Undo a binding: its devices are no customer's any more.",
      role: "admin",
      params: integrationParams,
      query: z.object({ org_id: id, site_id: id.optional() }),
      answer: { status: 204, description: "It is undone." },
      problems: {
        ...UNKNOWN_INTEGRATION,
        unknown_binding: { status: 404, description: "This org and site has no binding of its own." },
      },
      async handle({ params, query }) {
        await requireKnown(params.integration_id);
        const place = {
          integrationId: params.integration_id,
          orgId: query.org_id,
          siteId: query.site_id ?? null,
        };
        if (await store.bindings.unbind(place, new Date().toISOString())) return undefined;
        throw new ProblemError(
          404,
          "unknown_binding",
          "List the bindings with GET /v1/integrations/{id}/bindings.",
        );
      },
    }),
    call({
      method: "GET",
      path: "/quarantine",
      operationId: "listQuarantine",
      summary: "List the orgs and sites that nobody has bound, and what waits for it there.",
      role: "read",
      query: z.object({
        integration_id: z.string().optional(),
        limit: z.coerce.number().int().min(1).max(1000).default(100),
      }),
      answer: { status: 200, description: "The places.", schema: z.object({ data: z.array(unboundSchema) }) },
      async handle({ query }) {
        const places = await store.bindings.unbound(query.integration_id ?? null, query.limit);
        return { data: places.map(shownPlace) };
      },
    }),
  ];
}
