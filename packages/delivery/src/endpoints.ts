import { randomUUID } from "node:crypto";
import { generateSecret } from "@convergint/webhooks";
import {
  describeEndpoint,
  type Endpoint,
  type EndpointRequest,
  type RegisteredEndpoint,
  type RotatedSecret,
} from "./endpoint.ts";
import { DeliveryError } from "./errors.ts";
import { checkDestination, type DestinationOptions } from "./http/destination.ts";
import { batchSettings } from "./rules/batch.ts";
import { CLOSED } from "./rules/circuit.ts";
import { rotate } from "./rules/signing-secrets.ts";
import type { EndpointSecretBox } from "./store/endpoint-secret-box.ts";
import type { EndpointRow, OutboxStore } from "./store/store.ts";

type EndpointStore<Client> = Pick<
  OutboxStore<Client>,
  "saveEndpoint" | "endpoint" | "endpoints" | "replaceSecrets" | "deleteEndpoint"
>;

/** Who is delivered to. */
export interface Endpoints<Client> {
  register(request: EndpointRequest): Promise<RegisteredEndpoint>;
  list(owner: string | undefined): Promise<Endpoint[]>;
  /** @throws {DeliveryError} `unknown_endpoint` */
  rotateSecret(endpointId: string, overlapSeconds: number): Promise<RotatedSecret>;
  delete(endpointId: string): Promise<boolean>;
  /** @throws {DeliveryError} `unknown_endpoint`, `endpoint_stopped` */
  requireActive(endpointId: string, client?: Client): Promise<void>;
}

/** What endpoints are registered by. */
export interface EndpointsOptions extends DestinationOptions {
  /** The clock, in Unix milliseconds. */
  readonly now: () => number;
}

const MOST_OVERLAP_SECONDS = 30 * 86_400;

/** A text instead of a list would be taken for its letters by one store, and be refused by another. */
function requireTexts(name: string, given: unknown): void {
  if (given === undefined || (Array.isArray(given) && given.every((each) => typeof each === "string")))
    return;
  throw new DeliveryError("invalid_option", `${name} must be a list of texts.`);
}

export function createEndpoints<Client>(
  store: EndpointStore<Client>,
  box: EndpointSecretBox,
  { now: clock, ...destinations }: EndpointsOptions,
): Endpoints<Client> {
  async function find(endpointId: string, client?: Client): Promise<EndpointRow> {
    const row = await store.endpoint(endpointId, client);
    if (row === undefined) throw new DeliveryError("unknown_endpoint", `There is no endpoint ${endpointId}.`);
    return row;
  }

  return {
    async register({ endpointId = `we_${randomUUID()}`, url, orgIds, eventTypes, batch, owner }) {
      checkDestination(url, destinations);
      requireTexts("orgIds", orgIds);
      requireTexts("eventTypes", eventTypes);
      const before = await store.endpoint(endpointId);
      const now = clock();
      const secret = generateSecret();
      const row: EndpointRow = {
        endpointId,
        owner: owner ?? null,
        url,
        orgIds: orgIds ?? null,
        eventTypes: eventTypes ?? null,
        batch: batch ? batchSettings(batch) : null,
        secrets: box.seal([{ secret, expiresAt: null }], endpointId),
        state: "active",
        createdAt: before?.createdAt ?? now,
        // Later than before even within one millisecond: by it a worker tells what it learnt since.
        registeredAt: Math.max(now, (before?.registeredAt ?? 0) + 1),
        circuit: CLOSED,
      };
      await store.saveEndpoint(row);
      return { ...describeEndpoint(row), secret };
    },

    async list(owner) {
      return (await store.endpoints(owner ?? null)).map(describeEndpoint);
    },

    async rotateSecret(endpointId, overlapSeconds) {
      if (!(overlapSeconds >= 0 && overlapSeconds <= MOST_OVERLAP_SECONDS)) {
        throw new DeliveryError(
          "invalid_option",
          `overlapSeconds must be from 0 to ${MOST_OVERLAP_SECONDS}, thirty days.`,
        );
      }
      // Two rotations at once both count: whoever comes second builds on the first.
      for (;;) {
        const { secrets } = await find(endpointId);
        const secret = generateSecret();
        const now = clock();
        const overlapEnd = now + overlapSeconds * 1000;
        const rotated = rotate(box.open(secrets, endpointId), secret, { now, overlapEnd });
        if (await store.replaceSecrets(endpointId, secrets, box.seal(rotated, endpointId)))
          return { secret, previousExpiresAt: new Date(overlapEnd) };
      }
    },

    delete: (endpointId) => store.deleteEndpoint(endpointId),

    async requireActive(endpointId, client) {
      const { state } = await find(endpointId, client);
      if (state === "active") return;
      throw new DeliveryError(
        "endpoint_stopped",
        `Endpoint ${endpointId} answered 410 and gets nothing until it is registered again.`,
      );
    },
  };
}
