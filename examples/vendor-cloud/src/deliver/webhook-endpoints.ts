import { createHash } from "node:crypto";
import type { Endpoint, Outbox } from "@convergint/delivery";
import {
  type Event,
  orgIdSchema,
  type RotatedSecret,
  type WebhookEndpoint,
  type WebhookEndpointCreated,
  type WebhookEndpointRequest,
} from "@convergint/schemas";
import type { Credential } from "../credentials.ts";
import { ProblemError } from "../problem.ts";

/** An endpoint that a consumer entered in the vendor's console. */
export interface HandRegisteredEndpoint {
  readonly url: string;
  /** The secret that the console showed or took. */
  readonly secret: string;
  /** Default: all orgs. */
  readonly orgIds?: readonly string[] | "all";
}

/** How long an event waits for a batch: a fraction of the declared latency. */
const BATCH_AGE_SECONDS = 0.25;

/**
 * The outbox's endpoints as the contract describes them; a credential sees only the endpoints that it
 * registered.
 */
export class WebhookEndpoints {
  readonly #outbox: Outbox;

  readonly #batching: boolean;
  readonly #onRemoved: (url: string) => void;

  constructor(
    outbox: Outbox,
    {
      batching,
      onRemoved = () => {},
    }: { readonly batching: boolean; readonly onRemoved?: (url: string) => void },
  ) {
    this.#onRemoved = onRemoved;
    this.#outbox = outbox;
    this.#batching = batching;
  }

  /**
   * Registers a destination for the orgs that the credential sees now.
   *
   * @param request its `org_id` must have been checked
   * @throws {DeliveryError} `invalid_destination`
   */
  async register(
    credential: Credential,
    { url, org_id, event_types }: WebhookEndpointRequest,
  ): Promise<WebhookEndpointCreated> {
    const orgIds = org_id ? [org_id] : credential.orgIds;
    const { secret, ...endpoint } = await this.#outbox.registerEndpoint({
      url,
      ...(orgIds !== "all" && { orgIds }),
      ...(event_types && { eventTypes: event_types }),
      ...(this.#batching && { batch: { maxAgeSeconds: BATCH_AGE_SECONDS } }),
      owner: credential.id,
    });
    return { ...describe(endpoint), secret };
  }

  /** Registers what a consumer entered in this vendor's console; after a restart, it is the same endpoint. */
  async registerByHand({ url, secret, orgIds }: HandRegisteredEndpoint): Promise<void> {
    await this.#outbox.registerEndpoint({
      endpointId: `console_${createHash("sha256").update(url).digest("hex").slice(0, 16)}`,
      url,
      secret,
      ...(orgIds !== "all" && orgIds && { orgIds }),
      ...(this.#batching && { batch: { maxAgeSeconds: BATCH_AGE_SECONDS } }),
    });
  }

  /** Lists endpoints, including those stopped by a 410, so that their owner can see why nothing arrives. */
  async list(credential: Credential): Promise<WebhookEndpoint[]> {
    return (await this.#outbox.listEndpoints({ owner: credential.id })).map(describe);
  }

  /** @throws {ProblemError} `unknown_endpoint` */
  async get(credential: Credential, endpointId: string): Promise<WebhookEndpoint> {
    const own = (await this.list(credential)).find(({ endpoint_id }) => endpoint_id === endpointId);
    if (own === undefined)
      throw new ProblemError("unknown_endpoint", "You have no webhook endpoint with this id.");
    return own;
  }

  /** @throws {ProblemError} `unknown_endpoint` */
  async remove(credential: Credential, endpointId: string): Promise<void> {
    const { url } = await this.get(credential, endpointId);
    await this.#outbox.deleteEndpoint(endpointId);
    this.#onRemoved(url);
  }

  /** Removes all endpoints of a revoked credential. */
  async removeAllOf(credentialId: string): Promise<void> {
    for (const { endpointId } of await this.#outbox.listEndpoints({ owner: credentialId }))
      await this.#outbox.deleteEndpoint(endpointId);
  }

  /** @throws {ProblemError} `unknown_endpoint` */
  async rotateSecret(credential: Credential, endpointId: string): Promise<RotatedSecret> {
    await this.get(credential, endpointId);
    const { secret, previousExpiresAt } = await this.#outbox.rotateSecret(endpointId);
    return { secret, previous_expires_at: previousExpiresAt.toISOString() };
  }

  /**
   * Sends an event to one endpoint, even if the endpoint did not subscribe to the event.
   *
   * @throws {DeliveryError} `endpoint_stopped`
   */
  async ping(endpointId: string, event: Event): Promise<void> {
    await this.#outbox.enqueue(event, { endpointId });
  }
}

function describe({ endpointId, url, orgIds, eventTypes, createdAt, state }: Endpoint): WebhookEndpoint {
  const [orgId, ...others] = orgIds ?? [];
  return {
    endpoint_id: endpointId,
    url,
    ...(orgId !== undefined && others.length === 0 && { org_id: orgIdSchema.parse(orgId) }),
    ...(eventTypes && { event_types: [...eventTypes] }),
    created_at: createdAt.toISOString(),
    state,
  };
}
