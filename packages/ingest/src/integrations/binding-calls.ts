import { z } from "zod";
import { type Call, call } from "../api/call.ts";
import type { Binding } from "../domain/binding.ts";
import { ProblemError } from "../problem.ts";
import type { UnboundPlace } from "../store/binding-store.ts";
import type { Store } from "../store/store.ts";
import { integrationParams, UNKNOWN_INTEGRATION } from "./integration-calls.ts";
import { createUnknownIntegrationError, type Integrations } from "./integrations.ts";

const idSchema = z.string().min(1).max(256);

const bindingSchema = z
  .object({
    org_id: idSchema.meta({ description: "The vendor's org." }),
    site_id: idSchema.nullable().meta({
      description: "The vendor's site; `null` for all sites of the org except those with their own binding.",
    }),
    customer_id: idSchema,
    customer_site_id: idSchema.nullable(),
    bound_at: z.iso.datetime(),
  })
  .meta({ id: "Binding" });

const toBindingView = ({ orgId, siteId, customerId, customerSiteId, boundAt }: Binding) => ({
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

const toPlaceView = (place: UnboundPlace) => ({
  integration_id: place.integrationId,
  org_id: place.orgId,
  site_id: place.siteId,
  site_name: place.siteName,
  devices: place.devices,
  events: place.events,
  first_seen_at: place.firstSeenAt,
});

/** The API calls that bind a vendor's orgs and sites to customers. */
export function bindingCalls({
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
      forCustomers: true,
      params: integrationParams,
      answer: {
        status: 200,
        description: "The bindings.",
        schema: z.object({ data: z.array(bindingSchema) }),
      },
      problems: UNKNOWN_INTEGRATION,
      async handle({ params, access: { customerIds } }) {
        await requireKnown(params.integration_id);
        const bindings = await store.bindings.all(params.integration_id);
        const shown = bindings.filter(({ customerId }) => customerIds?.includes(customerId) ?? true);
        // An integration of other customers gets the same answer as one that does not exist.
        if (customerIds !== null && shown.length === 0) throw createUnknownIntegrationError();
        return { data: shown.map(toBindingView) };
      },
    }),
    call({
      method: "PUT",
      path: "/integrations/{integration_id}/bindings",
      operationId: "bind",
      summary:
        "Bind an org or a site to a customer. The quarantined events and devices of that org or site then take effect, in order.",
      role: "admin",
      params: integrationParams,
      body: z
        .object({
          org_id: idSchema,
          site_id: idSchema.nullable().default(null),
          customer_id: idSchema,
          customer_site_id: idSchema.nullable().default(null),
        })
        .refine(({ site_id, customer_site_id }) => site_id !== null || customer_site_id === null, {
          path: ["customer_site_id"],
          error: "Set site_id too: a whole org cannot be bound to one customer site.",
        }),
      answer: {
        status: 200,
        description: "The binding, and how many devices and events it released from quarantine.",
        schema: bindingSchema
          .extend({
            released: z.object({ devices: z.int(), events: z.int() }),
            is_known: z.boolean().meta({
              description: "Whether the inventory or an event has this org or site; if not, check the ids.",
            }),
          })
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
          // By default, the customer's site has the vendor's id.
          customerSiteId: body.site_id === null ? null : (body.customer_site_id ?? body.site_id),
          boundAt: new Date().toISOString(),
        };
        const released = await store.bindings.bind(binding);
        return { ...toBindingView(binding), released, is_known: await store.bindings.isKnown(binding) };
      },
    }),
    call({
      method: "DELETE",
      path: "/integrations/{integration_id}/bindings",
      operationId: "unbind",
      summary:
        "Delete a binding. From then on, the devices and new events of its org or site are quarantined.",
      role: "admin",
      params: integrationParams,
      query: z.object({ org_id: idSchema, site_id: idSchema.optional() }),
      answer: { status: 204, description: "The binding is deleted." },
      problems: {
        ...UNKNOWN_INTEGRATION,
        unknown_binding: { status: 404, description: "This org or site does not have its own binding." },
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
          "This org or site has no binding. List the bindings with GET /v1/integrations/{id}/bindings.",
        );
      },
    }),
    call({
      method: "GET",
      path: "/quarantine",
      operationId: "listQuarantine",
      summary: "List the orgs and sites without a binding, and what is quarantined there.",
      role: "read",
      query: z.object({
        integration_id: z.string().optional(),
        limit: z.coerce.number().int().min(1).max(1000).default(100),
      }),
      answer: {
        status: 200,
        description: "The orgs and sites.",
        schema: z.object({ data: z.array(unboundSchema) }),
      },
      async handle({ query }) {
        const places = await store.bindings.unbound(query.integration_id ?? null, query.limit);
        return { data: places.map(toPlaceView) };
      },
    }),
  ];
}
