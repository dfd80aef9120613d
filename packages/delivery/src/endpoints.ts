import { randomUUID } from "node:crypto";
import { createSigner, generateSecret } from "@convergint/webhooks";
import {
  type Endpoint,
  type EndpointRequest,
  type RegisteredEndpoint,
  type RotatedSecret,
  toEndpoint,
} from "./endpoint.ts";
import { DeliveryError } from "./errors.ts";
import { checkDestination, type DestinationOptions } from "./http/destination.ts";
import { completeBatchSettings } from "./rules/batch.ts";
import { CLOSED } from "./rules/circuit.ts";
import { rotateSecrets } from "./rules/signing-secrets.ts";
import type { EndpointSecretBox } from "./store/endpoint-secret-box.ts";
import type { EndpointRow, OutboxStore } from "./store/store.ts";

type EndpointStore<Client> = Pick<
  OutboxStore<Client>,
  "saveEndpoint" | "endpoint" | "endpoints" | "replaceSecrets" | "deleteEndpoint"
>;

/** The registered endpoints. */
export interface Endpoints<Client> {
  register(request: EndpointRequest): Promise<RegisteredEndpoint>;
  list(owner: string | undefined): Promise<Endpoint[]>;
  /** @throws {DeliveryError} `unknown_endpoint` */
  rotateSecret(endpointId: string, overlapSeconds: number): Promise<RotatedSecret>;
  delete(endpointId: string): Promise<boolean>;
  /** @throws {DeliveryError} `unknown_endpoint`, `endpoint_stopped` */
  requireActive(endpointId: string, client?: Client): Promise<void>;
}

/** Options of the endpoints. */
export interface EndpointsOptions extends DestinationOptions {
  /** The clock, in Unix milliseconds. */
  readonly now: () => number;
}

const MAX_OVERLAP_SECONDS = 30 * 86_400;

/**
 * Throws unless the value is a list of strings. Given a string, one store would treat the string as a list of
 * letters, and the other store would fail.
 */
function requireStrings(name: string, given: unknown): void {
  if (given === undefined || (Array.isArray(given) && given.every((each) => typeof each === "string")))
    return;
  throw new DeliveryError("invalid_option", `${name} must be a list of strings.`);
}

/** Throws unless deliveries can be signed with the secret. The error never repeats the secret. */
function requireSecret(secret: string): void {
  try {
    createSigner({ keys: [secret] });
  } catch (error) {
    throw new DeliveryError("invalid_option", "secret must be whsec_ and the base64 of 24 to 64 bytes.", {
      cause: error,
    });
  }
}

export function createEndpoints<Client>(
  store: EndpointStore<Client>,
  box: EndpointSecretBox,
  { now: clock, ...destinations }: EndpointsOptions,
): Endpoints<Client> {
  async function find(endpointId: string, client?: Client): Promise<EndpointRow> {
    const row = await store.endpoint(endpointId, client);
    if (row === undefined)
      throw new DeliveryError("unknown_endpoint", `Endpoint ${endpointId} does not exist.`);
    return row;
  }

  return {
    async register({
      endpointId = `we_${randomUUID()}`,
      url,
      orgIds,
      eventTypes,
      batch,
      owner,
      secret = generateSecret(),
    }) {
      checkDestination(url, destinations);
      requireStrings("orgIds", orgIds);
      requireStrings("eventTypes", eventTypes);
      const before = await store.endpoint(endpointId);
      const now = clock();
      requireSecret(secret);
      const row: EndpointRow = {
        endpointId,
        owner: owner ?? null,
        url,
        orgIds: orgIds ?? null,
        eventTypes: eventTypes ?? null,
        batch: batch ? completeBatchSettings(batch) : null,
        secrets: box.seal([{ secret, expiresAt: null }], endpointId),
        state: "active",
        createdAt: before?.createdAt ?? now,
        // This time is later than the previous registration, even within one millisecond. A changed time
        // tells workers to discard what they know about the endpoint's health.
        registeredAt: Math.max(now, (before?.registeredAt ?? 0) + 1),
        circuit: CLOSED,
      };
      await store.saveEndpoint(row);
      return { ...toEndpoint(row), secret };
    },

    async list(owner) {
      return (await store.endpoints(owner ?? null)).map(toEndpoint);
    },

    async rotateSecret(endpointId, overlapSeconds) {
      if (!(overlapSeconds >= 0 && overlapSeconds <= MAX_OVERLAP_SECONDS)) {
        throw new DeliveryError(
          "invalid_option",
          `overlapSeconds must be from 0 to ${MAX_OVERLAP_SECONDS} (thirty days).`,
        );
      }
      // If another rotation was stored in the meantime, repeats the rotation with the secrets that are stored
      // now.
      for (;;) {
        const { secrets } = await find(endpointId);
        const secret = generateSecret();
        const now = clock();
        const overlapEnd = now + overlapSeconds * 1000;
        const rotated = rotateSecrets(box.open(secrets, endpointId), secret, { now, overlapEnd });
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
        `Endpoint ${endpointId} responded with 410, so deliveries to it have stopped. Register the endpoint again.`,
      );
    },
  };
}
