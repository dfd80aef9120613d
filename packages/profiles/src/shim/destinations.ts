import { randomUUID } from "node:crypto";
import {
  attempt as attemptDelivery,
  type Clock,
  type ConnectionOptions,
  checkDestination,
  type Delivery,
  nextAttempt,
  type Outcome,
} from "@convergint/delivery";
import type { RotatedSecret, WebhookEndpoint, WebhookEndpointCreated } from "@convergint/schemas";
import { generateSecret } from "@convergint/webhooks";

/** How long the previous secret still signs after a rotation. */
const OVERLAP_MS = 24 * 3_600_000;
/** The maximum number of deliveries to one endpoint at the same time. */
const CONCURRENCY = 4;
/** More events are refused, so that the vendor sends them again later. */
const MAX_WAITING = 10_000;

/** The contract lets a vendor drop all but the three newest secrets. */
const MAX_SECRETS = 3;
const GAVE_UP: Outcome = { kind: "failed", reason: "unreachable", detail: "the attempt was ended" };

/** An event as it is delivered: the same bytes to every endpoint and on every attempt. */
export interface OutgoingEvent {
  readonly id: string;
  readonly type: string;
  readonly orgId: string;
  readonly body: string;
}

/** What an endpoint asks for. */
type DestinationRequest = Pick<WebhookEndpoint, "url" | "org_id" | "event_types">;

interface SigningSecret {
  readonly secret: string;
  /** Unix milliseconds; `Infinity` for the current one. */
  readonly expiresAt: number;
}

interface Waiting {
  readonly event: OutgoingEvent;
  /** The number of attempts so far. */
  readonly attempts: number;
}

interface Destination {
  endpoint: WebhookEndpoint;
  /** Newest first. */
  secrets: readonly SigningSecret[];
  /** The deliveries that may be attempted now. */
  readonly ready: Waiting[];
  /** Cancels the timers of what is retried later. */
  readonly timers: Set<() => void>;
  active: number;
  readonly closed: AbortController;
}

/** Options of {@link createDestinations}. */
export interface DestinationsOptions extends ConnectionOptions {
  readonly clock: Clock;
  /** A random number of at least 0 and less than 1. */
  readonly random: () => number;
  /** Makes one attempt. Default: posts over the network. */
  readonly attempt?: (delivery: Delivery, signal: AbortSignal) => Promise<Outcome>;
}

/** The registered endpoints, and the deliveries to them. All of it is in memory: a restart forgets it. */
export interface Destinations {
  /** @throws {DeliveryError} `invalid_destination` */
  register(request: DestinationRequest): WebhookEndpointCreated;
  list(): readonly WebhookEndpoint[];
  get(endpointId: string): WebhookEndpoint | null;
  /** @returns whether the endpoint existed */
  remove(endpointId: string): boolean;
  rotate(endpointId: string): RotatedSecret | null;
  /** Whether another event can be taken for every endpoint. */
  hasRoom(): boolean;
  /** Delivers an event to the endpoints that subscribe to it, or to one endpoint only. */
  publish(event: OutgoingEvent, endpointId?: string): void;
  /** Ends all deliveries. */
  close(): void;
}

/**
 * Creates the endpoints of a shim. Each endpoint has its own queue, so that one that is down delays no other; a failed
 * delivery is retried with the schedule of the package delivery.
 *
 * @see spec/1.0/contract.md#delivery
 */
export function createDestinations(options: DestinationsOptions): Destinations {
  const { clock, random, allowLoopback, allowPrivateNetworks, proxy } = options;
  const connection = { allowLoopback, allowPrivateNetworks, proxy };
  const attempt =
    options.attempt ?? ((delivery, signal) => attemptDelivery(delivery, { ...connection, clock, signal }));
  const destinations = new Map<string, Destination>();
  const toIso = (milliseconds: number) => new Date(milliseconds).toISOString();

  function end(destination: Destination): void {
    destination.ready.length = 0;
    for (const cancel of destination.timers) cancel();
    destination.timers.clear();
    destination.closed.abort();
  }

  /** Starts attempts while the endpoint has room. */
  function start(destination: Destination): void {
    while (destination.active < CONCURRENCY) {
      const next = destination.ready.shift();
      if (next === undefined) return;
      destination.active += 1;
      make(destination, next).finally(() => {
        destination.active -= 1;
        start(destination);
      });
    }
  }

  async function make(destination: Destination, { event, attempts }: Waiting): Promise<void> {
    const { endpoint, secrets, closed } = destination;
    const keys = secrets.filter(({ expiresAt }) => expiresAt > clock.now()).map(({ secret }) => secret);
    const delivery = { url: endpoint.url, id: event.id, body: event.body, keys };
    const outcome = await attempt(delivery, closed.signal).catch((): Outcome => GAVE_UP);
    if (closed.signal.aborted) return;
    const next = nextAttempt(outcome, { attempts: attempts + 1, random: random() });
    if (next.kind === "stop-endpoint") {
      destination.endpoint = { ...endpoint, state: "stopped", stopped_reason: "gone" };
      end(destination);
    }
    if (next.kind !== "retry") return;
    const cancel = clock.setTimer(() => {
      destination.timers.delete(cancel);
      destination.ready.push({ event, attempts: attempts + 1 });
      start(destination);
    }, next.waitSeconds * 1_000);
    destination.timers.add(cancel);
  }

  const accepts = (
    { endpoint: { org_id, event_types } }: Destination,
    { orgId, type }: OutgoingEvent,
  ): boolean =>
    (org_id === undefined || org_id === null || org_id === orgId) &&
    (!event_types?.length || event_types.includes(type));

  return {
    register({ url, org_id, event_types }) {
      checkDestination(url, connection);
      const secret = generateSecret();
      const endpoint: WebhookEndpoint = {
        endpoint_id: `we_${randomUUID()}`,
        url,
        ...(org_id && { org_id }),
        ...(event_types && { event_types }),
        created_at: toIso(clock.now()),
        state: "active",
      };
      destinations.set(endpoint.endpoint_id, {
        endpoint,
        secrets: [{ secret, expiresAt: Number.POSITIVE_INFINITY }],
        ready: [],
        timers: new Set(),
        active: 0,
        closed: new AbortController(),
      });
      return { ...endpoint, secret };
    },
    list: () => [...destinations.values()].map(({ endpoint }) => endpoint),
    get: (endpointId) => destinations.get(endpointId)?.endpoint ?? null,
    remove(endpointId) {
      const destination = destinations.get(endpointId);
      if (destination) end(destination);
      return destinations.delete(endpointId);
    },
    rotate(endpointId) {
      const destination = destinations.get(endpointId);
      if (destination === undefined) return null;
      const secret = generateSecret();
      const expiresAt = clock.now() + OVERLAP_MS;
      const [current, ...older] = destination.secrets;
      destination.secrets = [
        { secret, expiresAt: Number.POSITIVE_INFINITY },
        ...(current ? [{ ...current, expiresAt }] : []),
        ...older,
      ].slice(0, MAX_SECRETS);
      return { secret, previous_expires_at: toIso(expiresAt) };
    },
    hasRoom: () =>
      [...destinations.values()].every(
        ({ ready, timers, active }) => ready.length + timers.size + active < MAX_WAITING,
      ),
    publish(event, endpointId) {
      for (const [id, destination] of destinations) {
        if (destination.endpoint.state === "stopped") continue;
        if (endpointId === undefined ? !accepts(destination, event) : endpointId !== id) continue;
        destination.ready.push({ event, attempts: 0 });
        start(destination);
      }
    },
    close() {
      for (const destination of destinations.values()) end(destination);
    },
  };
}
