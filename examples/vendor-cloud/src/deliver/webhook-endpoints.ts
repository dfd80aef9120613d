import { randomUUID } from "node:crypto";
import type {
  Event,
  WebhookEndpoint,
  WebhookEndpointCreated,
  WebhookEndpointRequest,
} from "@convergint/schemas";
import { generateSecret } from "@convergint/webhooks";
import type { Credential } from "../credentials.ts";
import { ProblemError } from "../problem.ts";
import { EndpointQueue, type EndpointQueueOptions } from "./endpoint-queue.ts";
import { SigningSecrets } from "./signing-secrets.ts";

interface Registered {
  readonly credential: Credential;
  readonly endpoint: WebhookEndpoint;
  readonly secrets: SigningSecrets;
  readonly queue: EndpointQueue;
  /** The receiver answered 410. It stays listed, so that its owner can see why nothing comes. */
  stopped: boolean;
}

/** How deliveries are made, whatever the endpoint. */
export type DeliveryOptions = Pick<EndpointQueueOptions, "send" | "retryScheduleSeconds" | "now">;

/** Who wants which events, and the way to each of them. */
export class WebhookEndpoints {
  readonly #options: DeliveryOptions;
  readonly #registered = new Map<string, Registered>();

  constructor(options: DeliveryOptions) {
    this.#options = options;
  }

  /** @param request with a destination and an org that have been checked */
  register(credential: Credential, request: WebhookEndpointRequest): WebhookEndpointCreated {
    const { url, org_id, event_types } = request;
    const { now } = this.#options;
    const endpoint: WebhookEndpoint = {
      endpoint_id: randomUUID(),
      url,
      ...(org_id && { org_id }),
      ...(event_types && { event_types }),
      created_at: now().toISOString(),
    };
    const secret = generateSecret();
    const secrets = new SigningSecrets(secret);
    const registered: Registered = {
      credential,
      endpoint,
      secrets,
      queue: new EndpointQueue({
        ...this.#options,
        url,
        secrets: () => secrets.current(now()),
        onGone: () => {
          registered.stopped = true;
        },
      }),
      stopped: false,
    };
    this.#registered.set(endpoint.endpoint_id, registered);
    return { ...describe(registered), secret };
  }

  list(credential: Credential): WebhookEndpoint[] {
    return [...this.#registered.values()]
      .filter((each) => each.credential.id === credential.id)
      .map(describe);
  }

  /** @throws {ProblemError} `unknown_endpoint` */
  get(credential: Credential, endpointId: string): WebhookEndpoint {
    return describe(this.#own(credential, endpointId));
  }

  /** @throws {ProblemError} `unknown_endpoint` */
  remove(credential: Credential, endpointId: string): void {
    this.#own(credential, endpointId).queue.stop();
    this.#registered.delete(endpointId);
  }

  /** @throws {ProblemError} `unknown_endpoint` */
  rotateSecret(credential: Credential, endpointId: string) {
    return this.#own(credential, endpointId).secrets.rotate(this.#options.now());
  }

  /** Sends an event to every endpoint that may see it and wants it. */
  publish(event: Event): void {
    const message = { id: event.id, body: JSON.stringify(event) };
    for (const { credential, endpoint, queue } of this.#registered.values()) {
      const { org_id } = event.data;
      const wanted =
        (endpoint.org_id ?? org_id) === org_id && (endpoint.event_types?.includes(event.type) ?? true);
      if (credential.sees(org_id) && wanted) queue.push(message);
    }
  }

  /**
   * Sends an event to one endpoint, whatever it subscribed to.
   *
   * @throws {ProblemError} `unknown_endpoint`, `endpoint_stopped`
   */
  publishTo(credential: Credential, endpointId: string, event: Event): void {
    const { queue, stopped } = this.#own(credential, endpointId);
    if (stopped)
      throw new ProblemError(
        "endpoint_stopped",
        "The receiver answered 410; register the destination again.",
      );
    queue.push({ id: event.id, body: JSON.stringify(event) });
  }

  /** Ends all delivery. */
  stop(): void {
    for (const { queue } of this.#registered.values()) queue.stop();
  }

  #own(credential: Credential, endpointId: string): Registered {
    const registered = this.#registered.get(endpointId);
    if (registered === undefined || registered.credential.id !== credential.id)
      throw new ProblemError("unknown_endpoint", "No webhook endpoint of yours has this id.");
    return registered;
  }
}

const describe = ({ endpoint, stopped }: Registered): WebhookEndpoint => ({
  ...endpoint,
  state: stopped ? "stopped" : "active",
});
