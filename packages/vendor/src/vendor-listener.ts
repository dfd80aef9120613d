import { randomUUID } from "node:crypto";
import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import { type Clock, type Endpoint, type Outbox, systemClock } from "@convergint/delivery";
import { allowedMethods } from "@convergint/internal/http-refusals";
import {
  contractEventType,
  DEVICE_STATUS_CHANGED,
  type Device,
  describeFieldErrors,
  type EventCatalogEntry,
  fieldErrors,
  MANIFEST_PATH,
  type Manifest,
  type Org,
  type SandboxStatusCommand,
  type Site,
  sandboxStatusCommandSchema,
  timestampSchema,
  WEBHOOK_PING,
  webhookEndpointRequestSchema,
} from "@convergint/schemas";
import { sourceOf, type Vendor } from "./events.ts";
import { type Answer, readJson, send, toProblem, toRefusal } from "./http.ts";
import { type Contents, contentsOf, MAX_PAGE_SIZE, Pages } from "./pages.ts";
import { VendorRefusal } from "./refusal.ts";

/** The holder of a key. */
export interface Credential {
  /** Identifies the credential, also after its key is replaced. Not a secret. */
  readonly id: string;
  /** The orgs that the holder may see. Other orgs do not exist for the holder. */
  readonly orgIds: readonly string[];
  /** A production tenant cannot use sandbox control. Default: false. */
  readonly production?: boolean;
}

/** The vendor's current records. Each function is called for each listing; records must not change afterwards. */
export interface Estate {
  readonly orgs: () => Iterable<Org>;
  readonly sites: () => Iterable<Site>;
  readonly devices: () => Iterable<Device>;
  readonly device: (deviceId: string) => Device | undefined;
}

/** How to serve a vendor. */
export interface VendorListenerOptions {
  readonly vendor: Vendor;
  /** The public URL, without a trailing slash. Called for each request, so that a test may listen on any port. */
  readonly baseUrl: () => string;
  readonly estate: Estate;
  /** The device types of the inventory, as the manifest declares them. */
  readonly deviceTypes: Manifest["device_types"];
  /** Looks up the holder of a key or token. Compare digests, so that the time of a look-up reveals nothing. */
  readonly authenticate: (bearer: string) => Credential | undefined | Promise<Credential | undefined>;
  readonly outbox: Outbox;
  /** The outbox's schedule and retention, which the manifest declares. */
  readonly retryScheduleSeconds: readonly number[];
  readonly retentionHours: number;
  /** Within how many seconds a change of status is posted. Default: 10. */
  readonly latencySeconds?: number;
  /**
   * Sets a device's status for sandbox control: pass the function that your own code calls when a device reports.
   * Returns the device with its new status. Default: no sandbox control.
   */
  readonly setStatus?: ((deviceId: string, command: SandboxStatusCommand) => Promise<Device>) | undefined;
  readonly clock?: Clock;
  /** Receives errors that callers see as `internal_error`. Default: standard error. */
  readonly onError?: (error: unknown) => void;
}

interface Call {
  readonly request: IncomingMessage;
  readonly path: string;
  /** The id in the path, if any. */
  readonly id: string;
  readonly credential: Credential;
  /** @throws {VendorRefusal} `invalid_parameter` if the parameter occurs twice */
  get(name: string): string | undefined;
}
type Route = (call: Call) => Answer | Promise<Answer>;

const HOUR_MS = 3_600_000;

/** Decodes an id in a path. An id that cannot be decoded becomes `""`, which is the id of nothing. */
function decodeId(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return "";
  }
}

/** Checks a body. @throws {VendorRefusal} `invalid_body` */
async function readBody<Body>(
  request: IncomingMessage,
  schema: { parse(body: unknown): Body },
): Promise<Body> {
  const body = await readJson(request);
  try {
    return schema.parse(body);
  } catch (error) {
    const found = fieldErrors(error as Parameters<typeof fieldErrors>[0]);
    throw new VendorRefusal("invalid_body", describeFieldErrors(found), { cause: error });
  }
}

/** The event types that this package serves, with their delivery. */
const catalogueFor = (types: Manifest["device_types"]): EventCatalogEntry[] =>
  [DEVICE_STATUS_CHANGED, WEBHOOK_PING].map((type) => {
    const isPing = type === WEBHOOK_PING;
    return {
      type,
      family: contractEventType(type)?.family ?? "",
      version: "1",
      description: contractEventType(type)?.description ?? "",
      device_types: isPing
        ? []
        : types.filter((each) => each.status_from.includes("events")).map((each) => each.type),
      delivery: isPing ? ["webhook"] : ["webhook", "backfill"],
    };
  });

function describeEndpoint({ endpointId, url, orgIds, eventTypes, createdAt, state }: Endpoint) {
  const [org_id, ...others] = orgIds ?? [];
  return {
    endpoint_id: endpointId,
    url,
    ...(org_id !== undefined && others.length === 0 && { org_id }),
    ...(eventTypes && { event_types: eventTypes }),
    created_at: createdAt.toISOString(),
    state,
  };
}

/**
 * Creates a listener for `node:http` that serves a vendor's own data: manifest, orgs, sites, devices, event catalogue,
 * backfill, webhook endpoints and, with `setStatus`, sandbox control. A call for anything else gets a problem.
 *
 * @see spec/1.0/contract.md
 */
export function createVendorListener(options: VendorListenerOptions): RequestListener {
  const { vendor, estate, outbox, deviceTypes, setStatus, retentionHours, clock = systemClock } = options;
  const { onError = console.error, latencySeconds = 10 } = options;
  const pages = new Pages(() => clock.now());
  const catalogue = catalogueFor(deviceTypes);

  const sees = ({ credential }: Call, { org_id }: { readonly org_id: string }) =>
    credential.orgIds.includes(org_id);
  /** @throws {VendorRefusal} `unknown_org`, `unknown_site` */
  function select<Item extends { readonly org_id: string; readonly site_id?: string }>(
    call: Call,
    filters: readonly string[],
    items: Iterable<Item>,
  ): Item[] {
    const [orgId, siteId] = ["org_id", "site_id"].map((name) =>
      filters.includes(name) ? call.get(name) : undefined,
    );
    const isWanted = (item: Item) => sees(call, item) && (orgId === undefined || item.org_id === orgId);
    if (orgId !== undefined && !call.credential.orgIds.includes(orgId))
      throw new VendorRefusal("unknown_org");
    if (siteId !== undefined) {
      const site = [...estate.sites()].find(({ site_id }) => site_id === siteId);
      if (!site || !sees(call, site) || (orgId !== undefined && site.org_id !== orgId))
        throw new VendorRefusal("unknown_site");
    }
    return [...items].filter((item) => isWanted(item) && (siteId === undefined || item.site_id === siteId));
  }
  async function page(call: Call, filters: readonly string[], begin: () => Contents): Promise<Answer> {
    const key = JSON.stringify([
      call.credential.id,
      call.path,
      ...filters.map((name) => call.get(name) ?? null),
    ]);
    const body = await pages.cut({ key, limit: call.get("limit"), cursor: call.get("cursor"), begin });
    return { status: 200, body };
  }
  function device(call: Call): Device {
    const found = estate.device(call.id);
    if (!found || !sees(call, found)) throw new VendorRefusal("unknown_device");
    return found;
  }
  async function endpoint({ id, credential }: Call): Promise<Endpoint> {
    const found = (await outbox.listEndpoints({ owner: credential.id })).find(
      ({ endpointId }) => endpointId === id,
    );
    if (!found) throw new VendorRefusal("unknown_endpoint");
    return found;
  }
  /** The events of the orgs that a call may see, since its `after`. @throws {VendorRefusal} `backfill_expired` */
  function eventsOf(call: Call): Contents {
    const oldest = clock.now() - retentionHours * HOUR_MS;
    const after = call.get("after");
    if (after !== undefined && !timestampSchema.safeParse(after).success)
      throw new VendorRefusal(
        "invalid_parameter",
        "Send `after` as a UTC timestamp, such as 2026-11-23T08:30:00Z.",
      );
    const since = after === undefined ? oldest : Date.parse(after);
    if (since < oldest) throw new VendorRefusal("backfill_expired");
    const orgIds = select(call, ["org_id"], estate.orgs()).map(({ org_id }) => org_id as string);
    return {
      read: async (afterSequence, limit) => {
        const range = { since: new Date(since), afterSequence, orgIds };
        const found = await outbox.publishedEvents({ ...range, limit: limit + 1 });
        const data = found.slice(0, limit);
        const next = found.length > limit ? (data.at(-1)?.sequence ?? null) : null;
        return { data: data.map(({ body }) => JSON.parse(body)), next };
      },
    };
  }
  async function register(call: Call): Promise<Answer> {
    const { url, org_id, event_types } = await readBody(call.request, webhookEndpointRequestSchema);
    if (org_id && !call.credential.orgIds.includes(org_id)) throw new VendorRefusal("unknown_org");
    const { secret, ...created } = await outbox.registerEndpoint({
      url,
      orgIds: org_id ? [org_id] : call.credential.orgIds,
      ...(event_types?.length && { eventTypes: event_types }),
      owner: call.credential.id,
    });
    return { status: 201, body: { ...describeEndpoint(created), secret } };
  }
  async function ping(call: Call): Promise<Answer> {
    const { endpointId, orgIds } = await endpoint(call);
    const site = select(call, [], estate.sites()).find(({ org_id }) => !orgIds || orgIds.includes(org_id));
    if (!site) throw new VendorRefusal("unknown_site", "A ping names a site, and your orgs have none.");
    const { org_id, site_id } = site;
    const event = {
      ...{
        specversion: "1.0",
        id: `evt_${randomUUID()}`,
        type: WEBHOOK_PING,
        source: sourceOf(vendor, org_id),
      },
      time: new Date(clock.now()).toISOString(),
      datacontenttype: "application/json",
      data: { org_id, site_id, endpoint_id: endpointId },
    };
    await outbox.enqueue(event, { endpointId });
    return { status: 202, body: { event_id: event.id } };
  }
  const manifest = (): Manifest => ({
    contract_version: "1.0",
    vendor,
    api_base: options.baseUrl(),
    authentication: [{ scheme: "bearer" }],
    inventory: { max_page_size: MAX_PAGE_SIZE, incremental_sync: false, conditional_requests: false },
    backfill: { depth_hours: retentionHours },
    webhooks: {
      signature_schemes: ["v1"],
      batching: false,
      endpoint_management: true,
      retry_schedule_seconds: options.retryScheduleSeconds.map(Math.round),
      health_latency_seconds: latencySeconds,
    },
    device_types: deviceTypes,
    event_types: catalogue.map(({ type, delivery }) => ({ type, delivery })),
    ...(setStatus && { sandbox: { control_url: `${options.baseUrl()}/sandbox`, commands: ["status"] } }),
  });

  const routes: Readonly<Record<string, Route>> = {
    "GET /v1/orgs": (call) => page(call, [], () => contentsOf(select(call, [], estate.orgs()))),
    "GET /v1/sites": (call) =>
      page(call, ["org_id"], () => contentsOf(select(call, ["org_id"], estate.sites()))),
    "GET /v1/devices": (call) => {
      if (call.get("since") !== undefined) throw new VendorRefusal("since_not_supported");
      const filters = ["org_id", "site_id"];
      return page(call, filters, () => contentsOf(select(call, filters, estate.devices())));
    },
    "GET /v1/devices/:id": (call) => ({ status: 200, body: device(call) }),
    "GET /v1/event-catalog": () => ({ status: 200, body: { data: catalogue } }),
    "GET /v1/events": (call) => page(call, ["org_id", "after"], () => eventsOf(call)),
    "GET /v1/webhook-endpoints": async ({ credential }) => {
      const data = (await outbox.listEndpoints({ owner: credential.id })).map(describeEndpoint);
      return { status: 200, body: { data } };
    },
    "POST /v1/webhook-endpoints": register,
    "DELETE /v1/webhook-endpoints/:id": async (call) => {
      await outbox.deleteEndpoint((await endpoint(call)).endpointId);
      return { status: 204 };
    },
    "POST /v1/webhook-endpoints/:id/rotate-secret": async (call) => {
      const { secret, previousExpiresAt } = await outbox.rotateSecret((await endpoint(call)).endpointId);
      return { status: 200, body: { secret, previous_expires_at: previousExpiresAt.toISOString() } };
    },
    "POST /v1/webhook-endpoints/:id/ping": ping,
    ...(setStatus && {
      "POST /sandbox/devices/:id/status": async (call: Call): Promise<Answer> => {
        if (call.credential.production) throw new VendorRefusal("forbidden");
        const { device_id } = device(call);
        const command = await readBody(call.request, sandboxStatusCommandSchema);
        return { status: 200, body: await setStatus(device_id, command) };
      },
    }),
  };
  const known = Object.entries(routes).map(([route, run]) => {
    const [method = "", url = ""] = route.split(" ");
    return { method, url, run };
  });

  /** @throws {VendorRefusal} */
  async function answer(request: IncomingMessage, response: ServerResponse): Promise<Answer> {
    const { pathname: path, searchParams } = new URL(request.url ?? "", "http://vendor.invalid");
    if (request.method === "GET" && path === MANIFEST_PATH) return { status: 200, body: manifest() };
    const bearer = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? "")?.[1];
    const credential = bearer === undefined ? undefined : await options.authenticate(bearer);
    const methods = path === MANIFEST_PATH ? ["GET"] : allowedMethods(known, path);
    if (!credential && path !== MANIFEST_PATH) throw new VendorRefusal("unauthorized");
    if (methods.length === 0) throw new VendorRefusal("not_found");
    const route = known.find(
      ({ method, url }) => method === request.method && allowedMethods([{ method, url }], path)[0],
    );
    if (!route || !credential) {
      response.setHeader("allow", methods.join(", "));
      throw new VendorRefusal("method_not_allowed");
    }
    const at = route.url.split("/").indexOf(":id");
    const id = decodeId(path.split("/")[at] ?? "");
    const get = (name: string) => {
      const [value, ...more] = searchParams.getAll(name);
      if (more.length > 0) throw new VendorRefusal("invalid_parameter", `Send ${name} once.`);
      return value;
    };
    return route.run({ request, path, id, credential, get });
  }

  return (request, response) => {
    answer(request, response)
      .catch((error: unknown) => {
        const refusal = toRefusal(error);
        if (refusal.code === "internal_error") onError(refusal.cause);
        return toProblem(refusal);
      })
      .then((found) => send(request, response, found))
      .catch(onError);
  };
}
