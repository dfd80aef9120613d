import { createHash, randomUUID, timingSafeEqual } from "node:crypto";
import { STATUS_CODES } from "node:http";
import {
  type Clock,
  type ConnectionOptions,
  DEFAULT_RETRY_SCHEDULE_SECONDS,
  DeliveryError,
  systemClock,
} from "@convergint/delivery";
import { mediaTypeOf } from "@convergint/internal/media-type";
import { serveFetch } from "@convergint/internal/serve-fetch";
import {
  type Device,
  describeFieldErrors,
  type EventCatalog,
  fieldErrors,
  MANIFEST_PATH,
  type Manifest,
  type Page,
  PROBLEM_MEDIA_TYPE,
  type Site,
  WEBHOOK_PING,
  webhookEndpointRequestSchema,
} from "@convergint/schemas";
import { ProfileDeliveryError } from "../errors.ts";
import { type ContractFetchOptions, createContractFetch } from "../inventory/contract-fetch.ts";
import type { Profile } from "../read-profile.ts";
import { type ContractEventObject, toSource, UNMAPPED_EVENT } from "../webhooks/events.ts";
import { createWebhookReader, type ReadDelivery } from "../webhooks/reader.ts";
import { createDestinations, type DestinationsOptions, type OutgoingEvent } from "./destinations.ts";

/** The path for the vendor's webhooks, below the shim's URL. */
export const VENDOR_WEBHOOKS_PATH = "/vendor-webhooks";
const ENDPOINTS_PATH = "/v1/webhook-endpoints";

/** Options of {@link createShim}. */
export interface ShimOptions
  extends ConnectionOptions,
    Omit<ContractFetchOptions, "now" | "sleep" | "reuseSeconds">,
    Pick<DestinationsOptions, "attempt"> {
  /** The key that callers of the shim send as a bearer token. The vendor's own credential is `credential`. */
  readonly apiKey: string;
  /** The shim's URL, as its callers write it, such as `http://127.0.0.1:8080`. */
  readonly url: string;
  /** What the vendor signs its webhooks with. Without any, the shim declares no webhooks. */
  readonly webhookSecrets?: readonly string[];
  /** How long the vendor takes at most to post a change of status, for the manifest. Default: 60. */
  readonly healthLatencySeconds?: number;
  /** Default: the system's clock. */
  readonly clock?: Clock;
  /** A random number of at least 0 and less than 1. Default: `Math.random`. */
  readonly random?: () => number;
  /** Receives what each of the vendor's deliveries became. */
  readonly onDelivery?: (report: ShimReport) => void;
}

/** What one delivery of the vendor became. */
export type ShimReport =
  | { readonly kind: "refused"; readonly error: ProfileDeliveryError }
  /** `unplaced`: ids of events about devices that the inventory does not have, so that they cannot be posted. */
  | { readonly kind: "read"; readonly delivery: ReadDelivery; readonly unplaced: readonly string[] };

/** A foreign cloud, served as the contract. */
export interface Shim {
  /** Answers a request to the shim: a call of the contract, or a delivery of the vendor. */
  handle(request: Request): Promise<Response>;
  /** Ends all deliveries. */
  close(): void;
}

const problem = (
  status: number,
  code: string,
  detail: string,
  headers: Readonly<Record<string, string>> = {},
): Response =>
  new Response(
    JSON.stringify({ type: "about:blank", title: STATUS_CODES[status] ?? "Error", status, detail, code }),
    { status, headers: { "content-type": PROBLEM_MEDIA_TYPE, ...headers } },
  );

const METHODS: Readonly<Record<string, string>> = {
  "": "GET, POST",
  "/id": "DELETE",
  "/id/rotate-secret": "POST",
  "/id/ping": "POST",
};
const STARTING: Pick<Shim, "handle"> = {
  handle: async () => problem(503, "unavailable", "The shim is starting.", { "retry-after": "1" }),
};
/** Responses with these statuses have no body. */
const NO_BODY: ReadonlySet<number> = new Set([204, 205]);

const toOutgoing = (event: ContractEventObject, orgId: string): OutgoingEvent => ({
  id: event.id,
  type: event.type,
  orgId,
  body: JSON.stringify(event),
});

/** Compresses a page for a caller that accepts gzip. */
function compress({ headers: asked }: Request, response: Response): Response {
  const accepts = /\bgzip\b(?!\s*;\s*q=0(?:\.0*)?(?:,|$))/i.test(asked.get("accept-encoding") ?? "");
  if (!accepts || response.status !== 200 || response.body === null) return response;
  const headers = new Headers(response.headers);
  headers.set("content-encoding", "gzip");
  headers.set("vary", "accept-encoding");
  headers.delete("content-length");
  return new Response(response.body.pipeThrough(new CompressionStream("gzip")), { headers });
}

const UNKNOWN_ENDPOINT = () =>
  problem(404, "unknown_endpoint", "No webhook endpoint with this id is visible to this credential.");

const isSame = (a: string, b: string): boolean => {
  const hash = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(hash(a), hash(b));
};

/**
 * Serves a foreign cloud as the contract: its inventory through the profile, and its webhooks mapped, signed as Standard Webhooks
 * and posted to the endpoints that are registered at the shim. For tests and certification: endpoints, secrets and
 * deliveries that wait for a retry are kept in memory, and a restart forgets them. Every listing reads the vendor again,
 * so that the inventory never contradicts an event that was just posted.
 *
 * @see spec/1.0/contract.md#webhook-endpoints
 */
export function createShim(profile: Profile, options: ShimOptions): Shim {
  const { apiKey, url, webhookSecrets = [], healthLatencySeconds = 60, settings = {} } = options;
  const { clock = systemClock, random = Math.random, onDelivery = () => {} } = options;
  const now = () => clock.now();
  const sleep = (seconds: number) =>
    new Promise<void>((resolve) => {
      clock.setTimer(resolve, seconds * 1_000);
    });
  const contract = createContractFetch(profile, { ...options, now, sleep, reuseSeconds: 0 });
  const reader = createWebhookReader(profile, { settings });
  const destinations = createDestinations({ ...options, clock, random });
  const hasWebhooks = webhookSecrets.length > 0 && profile.document.webhooks?.signature !== null;

  const ask = (path: string, signal: AbortSignal | null = null) => contract(`${url}${path}`, { signal });

  async function describe(): Promise<Response> {
    const answer = await ask(MANIFEST_PATH);
    if (!answer.ok) return answer;
    const manifest = (await answer.json()) as Manifest;
    if (!hasWebhooks) {
      const device_types = manifest.device_types.map((each) => ({ ...each, status_from: ["inventory"] }));
      return Response.json({ ...manifest, device_types, event_types: [] });
    }
    return Response.json({
      ...manifest,
      event_types: [...manifest.event_types, { type: WEBHOOK_PING, delivery: ["webhook"] }],
      webhooks: {
        signature_schemes: ["v1"],
        batching: false,
        endpoint_management: true,
        retry_schedule_seconds: DEFAULT_RETRY_SCHEDULE_SECONDS,
        health_latency_seconds: healthLatencySeconds,
      },
    });
  }

  async function describeEvents(): Promise<Response> {
    const answer = await ask("/v1/event-catalog");
    if (!answer.ok) return answer;
    if (!hasWebhooks) return Response.json({ data: [] });
    const { data } = (await answer.json()) as EventCatalog;
    const description = "A test delivery to one endpoint.";
    const ping = {
      type: WEBHOOK_PING,
      family: "webhook",
      version: "1",
      description,
      device_types: [],
      delivery: ["webhook"],
    };
    return Response.json({ data: [...data, ping] });
  }

  async function register(request: Request): Promise<Response> {
    if (mediaTypeOf(request.headers.get("content-type")) !== "application/json")
      return problem(415, "unsupported_media_type", "Send application/json.");
    const body: unknown = await request.json().catch(() => undefined);
    if (body === undefined) return problem(400, "malformed_body", "Send a valid JSON body.");
    const parsed = webhookEndpointRequestSchema.safeParse(body);
    if (!parsed.success) return problem(400, "invalid_body", describeFieldErrors(fieldErrors(parsed.error)));
    const { org_id } = parsed.data;
    if (org_id) {
      const found = await ask(`/v1/sites?limit=1&org_id=${encodeURIComponent(org_id)}`, request.signal);
      if (!found.ok) return found;
    }
    try {
      return Response.json(destinations.register(parsed.data), { status: 201 });
    } catch (error) {
      if (!(error instanceof DeliveryError)) throw error;
      return problem(400, "invalid_destination", error.message);
    }
  }

  /** Posts a ping that names any site that the endpoint may see. */
  async function ping(endpointId: string, signal: AbortSignal): Promise<Response> {
    const endpoint = destinations.get(endpointId);
    if (endpoint === null) return UNKNOWN_ENDPOINT();
    if (endpoint.state === "stopped")
      return problem(409, "endpoint_stopped", "The endpoint answered 410. Register its URL again.");
    const filter = endpoint.org_id ? `&org_id=${encodeURIComponent(endpoint.org_id)}` : "";
    const found = await ask(`/v1/sites?limit=1${filter}`, signal);
    if (!found.ok) return found;
    const { data } = (await found.json()) as Page<Site>;
    const [site] = data;
    if (site === undefined)
      return problem(404, "unknown_site", "A ping needs a site_id, but this vendor has no sites.");
    const { org_id, site_id } = site;
    const event: ContractEventObject = {
      specversion: "1.0",
      id: `evt_${randomUUID()}`,
      source: toSource(profile.name, org_id),
      type: WEBHOOK_PING,
      time: new Date(now()).toISOString(),
      datacontenttype: "application/json",
      data: { org_id, site_id, endpoint_id: endpointId },
    };
    destinations.publish(toOutgoing(event, org_id), endpointId);
    return Response.json({ event_id: event.id }, { status: 202 });
  }

  async function answerEndpoints(request: Request, rest: string): Promise<Response> {
    const [, id = "", action] = rest.split("/").map(decodeURIComponent);
    const route = `${request.method} ${id === "" ? "" : "/id"}${action === undefined ? "" : `/${action}`}`;
    switch (route) {
      case "POST ":
        return register(request);
      case "GET ":
        return Response.json({ data: destinations.list() });
      case "DELETE /id":
        return destinations.remove(id) ? new Response(null, { status: 204 }) : UNKNOWN_ENDPOINT();
      case "POST /id/rotate-secret": {
        const rotated = destinations.rotate(id);
        return rotated === null ? UNKNOWN_ENDPOINT() : Response.json(rotated);
      }
      case "POST /id/ping":
        return ping(id, request.signal);
      default: {
        const allow = METHODS[`${id === "" ? "" : "/id"}${action === undefined ? "" : `/${action}`}`];
        return allow === undefined
          ? problem(404, "not_found", "This path does not exist.")
          : problem(405, "method_not_allowed", `Use ${allow}.`, { allow });
      }
    }
  }

  /** Adds org and site to an event of a device that the inventory has. @returns `null` if they are unknown */
  async function place(event: ContractEventObject): Promise<OutgoingEvent | null> {
    const { org_id, site_id, device_id } = event.data;
    if (typeof org_id === "string" && typeof site_id === "string") return toOutgoing(event, org_id);
    if (typeof device_id !== "string") return null;
    const found = await ask(`/v1/devices/${encodeURIComponent(device_id)}`);
    if (!found.ok) return null;
    const device = (await found.json()) as Device;
    const data = { org_id: device.org_id, site_id: device.site_id, ...event.data };
    return toOutgoing({ ...event, source: toSource(profile.name, data.org_id), data }, String(data.org_id));
  }

  async function receive(request: Request): Promise<Response> {
    const vendorRequest = {
      method: request.method,
      url: request.url,
      headers: request.headers,
      body: new Uint8Array(await request.arrayBuffer()),
    };
    const handshake = reader.answerHandshake(vendorRequest);
    if (handshake !== null) {
      const body = NO_BODY.has(handshake.status) ? null : handshake.body;
      return new Response(body, { status: handshake.status, headers: handshake.headers });
    }
    if (request.method !== "POST") return problem(405, "method_not_allowed", "Use POST.", { allow: "POST" });
    if (!destinations.hasRoom())
      return problem(503, "overloaded", "Too many deliveries are pending. Send this delivery again later.", {
        "retry-after": "60",
      });
    try {
      const delivery = await reader.read({
        ...vendorRequest,
        receivedAt: new Date(now()),
        secrets: webhookSecrets,
      });
      const known = delivery.events.filter(({ value: { type } }) => type !== UNMAPPED_EVENT);
      const placed = await Promise.all(
        known.map(async ({ value }) => ({ id: value.id, outgoing: await place(value) })),
      );
      for (const { outgoing } of placed) if (outgoing !== null) destinations.publish(outgoing);
      onDelivery({
        kind: "read",
        delivery,
        unplaced: placed.flatMap(({ id, outgoing }) => (outgoing === null ? [id] : [])),
      });
      return new Response(null, { status: 204 });
    } catch (error) {
      if (!(error instanceof ProfileDeliveryError)) throw error;
      onDelivery({ kind: "refused", error });
      if (error.signed) return problem(400, error.code, error.message);
      return error.code === "payload_too_large"
        ? problem(413, error.code, error.message)
        : problem(401, error.code, "The delivery does not have the signature that the profile describes.");
    }
  }

  async function answerContract(request: Request, path: string): Promise<Response> {
    const [, scheme, token] = /^(bearer) +(\S+)$/i.exec(request.headers.get("authorization") ?? "") ?? [];
    if (scheme === undefined || token === undefined || !isSame(token, apiKey))
      return problem(401, "unauthorized", "Send the shim's API key as a bearer token.", {
        "www-authenticate": "Bearer",
      });
    if (path === "/v1/event-catalog" && request.method === "GET") return describeEvents();
    if (hasWebhooks && (path === ENDPOINTS_PATH || path.startsWith(`${ENDPOINTS_PATH}/`)))
      return answerEndpoints(request, path.slice(ENDPOINTS_PATH.length));
    const { search } = new URL(request.url);
    return contract(`${url}${path}${search}`, { method: request.method, signal: request.signal });
  }

  async function answer(request: Request): Promise<Response> {
    const { pathname } = new URL(request.url);
    if (pathname === VENDOR_WEBHOOKS_PATH) return receive(request);
    if (pathname.startsWith("/v1/")) return answerContract(request, pathname);
    if (pathname !== MANIFEST_PATH) return problem(404, "not_found", "This path does not exist.");
    return request.method === "GET"
      ? describe()
      : problem(405, "method_not_allowed", "Use GET.", { allow: "GET" });
  }

  return {
    handle: async (request) => compress(request, await answer(request)),
    close: () => destinations.close(),
  };
}

/** A running shim. */
export interface ServedShim {
  /** The base URL that readers of the contract call. */
  readonly url: string;
  /** The URL for the vendor's webhooks, as seen from this machine. */
  readonly webhooksUrl: string;
  /** Ends all deliveries, and closes the server. */
  close(): Promise<void>;
}

/**
 * Serves a shim over HTTP, on the loopback interface unless `host` says otherwise.
 *
 * @param options.port default: any free port
 * @param options.url default: the address that the server listens on
 * @param options.onError receives what is not the vendor's or the caller's fault
 */
export async function serveShim(
  profile: Profile,
  {
    host,
    port,
    url,
    onError,
    ...options
  }: Omit<ShimOptions, "url"> & {
    readonly host?: string | undefined;
    readonly port?: number | undefined;
    readonly url?: string | undefined;
    readonly onError?: (error: unknown) => void;
  },
): Promise<ServedShim> {
  let shim: Shim | undefined;
  const server = await serveFetch((request) => (shim ?? STARTING).handle(request), {
    ...(host !== undefined && { host }),
    ...(port !== undefined && { port }),
    ...(onError && { onError }),
  });
  const base = url ?? server.origin;
  shim = createShim(profile, { ...options, url: base });
  const { close } = shim;
  return {
    url: base,
    webhooksUrl: base + VENDOR_WEBHOOKS_PATH,
    async close() {
      close();
      await server.close();
    },
  };
}
