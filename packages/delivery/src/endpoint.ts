import type { BatchSettings } from "./rules/batch.ts";
import type { EndpointRow } from "./store/store.ts";

/** What to register an endpoint with. */
export interface EndpointRequest {
  /** The id of an endpoint to register again; default: a new one. */
  readonly endpointId?: string;
  /** Where deliveries go: https, at a public address. */
  readonly url: string;
  /** The orgs whose events it may see. Default: all. Name them, wherever a credential is limited to some. */
  readonly orgIds?: readonly string[];
  /** The event types it wants. Default: all. */
  readonly eventTypes?: readonly string[];
  /** For a consumer that takes batches; `{}` for the contract's bounds. Default: each event alone. */
  readonly batch?: Partial<BatchSettings>;
  /** Whoever registers it, in your own terms, such as the id of a credential; for `listEndpoints`. */
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
  /** `stopped`: it answered 410, and gets nothing until it is registered again. */
  readonly state: "active" | "stopped";
  /** Attempts that failed in a row. */
  readonly failures: number;
  /** While it fails again and again: when the next new delivery probes it. */
  readonly probeAt: Date | null;
}

/** An endpoint as the one who registered it is told, once. */
export interface RegisteredEndpoint extends Endpoint {
  /** `whsec_…` */
  readonly secret: string;
}

/** What is told after a rotation. */
export interface RotatedSecret {
  /** `whsec_…` */
  readonly secret: string;
  /** Until when the one before it signs as well. */
  readonly previousExpiresAt: Date;
}

export const describeEndpoint = (row: EndpointRow): Endpoint => ({
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
