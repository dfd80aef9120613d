import { mediaTypeOf } from "@convergint/internal/media-type";
import {
  describeFieldErrors,
  fieldErrors,
  type WebhookEndpointRequest,
  webhookEndpointRequestSchema,
} from "@convergint/schemas";
import { Refusal } from "../problem.ts";
import type { EventMaker } from "./event-maker.ts";
import type { Inventory } from "./inventory.ts";
import type { RegisteredEndpoints } from "./registered-endpoints.ts";
import type { Route } from "./route.ts";

const LOOPBACK = /^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])$/;

/** @throws {Refusal} `unsupported_media_type`, `malformed_body`, `invalid_body` */
async function readRequest(request: Request): Promise<WebhookEndpointRequest> {
  if (mediaTypeOf(request.headers.get("content-type")) !== "application/json")
    throw new Refusal("unsupported_media_type", "Send application/json.");
  const value: unknown = await request.json().catch(() => {
    throw new Refusal("malformed_body", "Send a valid JSON body.");
  });
  const parsed = webhookEndpointRequestSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new Refusal("invalid_body", describeFieldErrors(fieldErrors(parsed.error)));
}

/** @throws {Refusal} `invalid_destination` */
function requireDestination(text: string): void {
  const { protocol, hostname } = new URL(text);
  if (protocol !== "https:" && !LOOPBACK.test(hostname))
    throw new Refusal(
      "invalid_destination",
      "Send an https URL; http is only allowed for loopback addresses.",
    );
}

/** Dependencies of the endpoint routes. */
export interface EndpointRouteOptions {
  readonly endpoints: RegisteredEndpoints;
  readonly inventory: Inventory;
  readonly events: EventMaker;
  readonly now: () => Date;
}

/** Webhook endpoints. @see spec/1.0/contract.md#webhook-endpoints */
export function endpointRoutes({ endpoints, inventory, events, now }: EndpointRouteOptions): Route[] {
  const path = "/v1/webhook-endpoints";
  return [
    {
      method: "post",
      path,
      async answer({ request }) {
        const asked = await readRequest(request);
        requireDestination(asked.url);
        inventory.sites({ org_id: asked.org_id ?? undefined });
        return Response.json(endpoints.create(asked, now()), { status: 201 });
      },
    },
    { method: "get", path, answer: () => Response.json({ data: endpoints.list() }) },
    {
      method: "delete",
      path: `${path}/:id`,
      answer({ id }) {
        endpoints.delete(id);
        return new Response(null, { status: 204 });
      },
    },
    {
      method: "post",
      path: `${path}/:id/rotate-secret`,
      answer: ({ id }) => Response.json(endpoints.rotate(id, now())),
    },
    {
      method: "post",
      path: `${path}/:id/ping`,
      answer({ id }) {
        const { endpoint_id, org_id } = endpoints.get(id);
        const [site] = inventory.sites({ org_id: org_id ?? undefined });
        // Every event must name a site. For a ping, any site whose events the endpoint may receive is valid.
        if (site === undefined)
          throw new Refusal(
            "unknown_site",
            "Cannot send a ping: a ping must name a site, and the campus has no site.",
          );
        const event = events.ping({ org_id: site.org_id, site_id: site.site_id, endpoint_id }, now());
        endpoints.ping(endpoint_id, event);
        return Response.json({ event_id: event.id }, { status: 202 });
      },
    },
  ];
}
