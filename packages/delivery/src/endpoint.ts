import type { BatchSettings } from "./rules/batch.ts";
import type { EndpointRow } from "./store/store.ts";

/** A request to register an endpoint. */
export interface EndpointRequest {
  /** The id of an endpoint to register again. Default: a new id. */
  readonly endpointId?: string;
  /** Where deliveries go: https, at a public address. */
  readonly url: string;
  /**
   * The orgs whose events the endpoint may receive. Default: all. Set
   * this if the credential is limited to some orgs.
   */
  readonly orgIds?: readonly string[];
  /** The event types to deliver. Default: all. */
  readonly eventTypes?: readonly string[];
  /**
   * The batch limits, for a consumer that accepts batches; `{}` means the contract's limits. Default: one
   * event per request.
   */
  readonly batch?: Partial<BatchSettings>;
  /**
   * The secret to sign with, if the consumer created it and entered it in your console: `whsec_` and the base64 of 24 to 64
   * bytes. Default: a new secret.
   */
  readonly secret?: string;
  /** Your own name for the owner, such as the id of a credential. `listEndpoints` filters by this name. */
  readonly owner?: string;
}

/** An endpoint, without its secrets. */
export interface Endpoint {
  readonly endpointId: string;
  readonly url: string;
  readonly orgIds: readonly string[] | null;
  readonly eventTypes: readonly string[] | null;
  readonly batch: BatchSettings | null;
  readonly owner: string | null;
  readonly createdAt: Date;
  /** `stopped`: the endpoint responded with 410 and gets no deliveries until it is registered again. */
  readonly state: "active" | "stopped";
  /** How many attempts failed in a row. */
  readonly failures: number;
  /** The time of the next probe, if the endpoint keeps failing; otherwise `null`. A probe is a new delivery. */
  readonly probeAt: Date | null;
}

/** A newly registered endpoint and its secret, which is returned only once. */
export interface RegisteredEndpoint extends Endpoint {
  /** `whsec_…` */
  readonly secret: string;
}

/** The result of a rotation. */
export interface RotatedSecret {
  /** `whsec_…` */
  readonly secret: string;
  /** Until this time, deliveries are signed with the previous secret too. */
  readonly previousExpiresAt: Date;
}

/** Converts a stored endpoint to the public type, without its secrets. */
export const toEndpoint = (row: EndpointRow): Endpoint => ({
  endpointId: row.endpointId,
  url: row.url,
  orgIds: row.orgIds,
  eventTypes: row.eventTypes,
  batch: row.batch,
  owner: row.owner,
  createdAt: new Date(row.createdAt),
  state: row.state,
  failures: row.circuit.failures,
  probeAt: row.circuit.probeAt === 0 ? null : new Date(row.circuit.probeAt),
});
