import type { SeededRandom } from "@convergint/internal/seeded-random";
import type {
  RotatedSecret,
  Timestamp,
  WebhookEndpoint,
  WebhookEndpointCreated,
  WebhookEndpointRequest,
  WebhookPingEvent,
} from "@convergint/schemas";
import { Refusal } from "../problem.ts";

/** How long the previous secret still signs after a rotation. */
const ROTATION_MS = 24 * 3600 * 1000;

/** A registered destination, as the test sees it. */
export interface RegisteredEndpoint {
  readonly endpoint: WebhookEndpoint;
  /** The current signing secrets: the latest secret and, for a day after a rotation, the previous secret. */
  readonly secrets: readonly string[];
  /** The requested ping events. The mock does not post them: the test signs and posts them. */
  readonly pings: readonly WebhookPingEvent[];
}

interface Kept {
  readonly endpoint: WebhookEndpoint;
  secret: string;
  previous: { readonly secret: string; readonly expiresAt: number } | null;
  readonly pings: WebhookPingEvent[];
}

/** The registered webhook endpoints that were not deleted. @see spec/1.0/contract.md#webhook-endpoints */
export class RegisteredEndpoints {
  readonly #random: SeededRandom;
  readonly #kept = new Map<string, Kept>();
  #registered = 0;
  #secrets = 0;

  constructor(random: SeededRandom) {
    this.#random = random;
  }

  create({ url, org_id, event_types }: WebhookEndpointRequest, at: Date): WebhookEndpointCreated {
    this.#registered += 1;
    const endpoint: WebhookEndpoint = {
      endpoint_id: `we_${this.#random.hex(`endpoint/${this.#registered}`, 12)}`,
      url,
      ...(org_id && { org_id }),
      ...(event_types && { event_types }),
      created_at: at.toISOString(),
      state: "active",
    };
    const secret = this.#newSecret();
    this.#kept.set(endpoint.endpoint_id, { endpoint, secret, previous: null, pings: [] });
    return { ...endpoint, secret };
  }

  list(): readonly WebhookEndpoint[] {
    return [...this.#kept.values()].map(({ endpoint }) => endpoint);
  }

  /** @throws {Refusal} `unknown_endpoint` */
  delete(endpointId: string): void {
    this.#get(endpointId);
    this.#kept.delete(endpointId);
  }

  /** @throws {Refusal} `unknown_endpoint` */
  rotate(endpointId: string, at: Date): RotatedSecret {
    const kept = this.#get(endpointId);
    const expiresAt = at.getTime() + ROTATION_MS;
    kept.previous = { secret: kept.secret, expiresAt };
    kept.secret = this.#newSecret();
    const previous_expires_at: Timestamp = new Date(expiresAt).toISOString();
    return { secret: kept.secret, previous_expires_at };
  }

  /** @throws {Refusal} `unknown_endpoint` */
  get(endpointId: string): WebhookEndpoint {
    return this.#get(endpointId).endpoint;
  }

  /** @throws {Refusal} `unknown_endpoint` */
  ping(endpointId: string, event: WebhookPingEvent): void {
    this.#get(endpointId).pings.push(event);
  }

  /** Returns the endpoints as the test sees them. */
  seen(at: Date): readonly RegisteredEndpoint[] {
    return [...this.#kept.values()].map(({ endpoint, secret, previous, pings }) => {
      const stillSigning = previous !== null && previous.expiresAt > at.getTime() ? [previous.secret] : [];
      return { endpoint, secrets: [secret, ...stillSigning], pings: [...pings] };
    });
  }

  #newSecret(): string {
    this.#secrets += 1;
    const bytes = this.#random.hex(`secret/${this.#secrets}`, 64).match(/../g) ?? [];
    const binary = String.fromCharCode(...bytes.map((byte) => Number.parseInt(byte, 16)));
    return `whsec_${btoa(binary)}`;
  }

  #get(endpointId: string): Kept {
    const kept = this.#kept.get(endpointId);
    if (kept !== undefined) return kept;
    throw new Refusal("unknown_endpoint", "No webhook endpoint with this id is visible to this credential.");
  }
}
