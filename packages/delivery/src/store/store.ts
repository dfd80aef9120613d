import type { NewEvent } from "../event.ts";
import type { Batchable, BatchSettings } from "../rules/batch.ts";
import type { Circuit } from "../rules/circuit.ts";

/** A stored endpoint. Times are Unix milliseconds. */
export interface EndpointRow {
  readonly endpointId: string;
  /** The vendor's own name for the owner. */
  readonly owner: string | null;
  readonly url: string;
  /** The orgs that the endpoint subscribed to; `null` for all. */
  readonly orgIds: readonly string[] | null;
  /** The event types that the endpoint subscribed to; `null` for all. */
  readonly eventTypes: readonly string[] | null;
  readonly batch: BatchSettings | null;
  /** Encrypted. */
  readonly secrets: Uint8Array;
  readonly state: "active" | "stopped";
  readonly createdAt: number;
  /**
   * When the endpoint was last registered. Results of attempts that started before this time do not count for the
   * endpoint's health.
   */
  readonly registeredAt: number;
  readonly circuit: Circuit;
}

/**
 * The result of storing an event. `known`: it was stored before; `reused`: a
 * different event with the same id is already stored.
 */
export type Kept =
  | { readonly kind: "kept"; readonly endpointIds: readonly string[] }
  | { readonly kind: "known" }
  | { readonly kind: "reused" };

/** A due delivery. */
export type DueDelivery = DueEvent | DueBatch;

/** A delivery of a single event. */
interface DueEvent {
  readonly deliveryId: number;
  /** The number of attempts so far. */
  readonly attempts: number;
  readonly batchId: null;
  readonly eventId: string;
  readonly orderKey: string | null;
  readonly body: string;
}

/** A batch, represented by its first delivery. */
interface DueBatch {
  readonly deliveryId: number;
  readonly attempts: number;
  readonly batchId: string;
}

/** The deliveries in progress. A delivery with one of these ids or order keys must not start. */
interface Busy {
  readonly deliveryIds: readonly number[];
  readonly orderKeys: readonly string[];
}

/** A query for an endpoint's deliveries. */
export interface DueQuery {
  readonly endpointId: string;
  readonly now: number;
  readonly limit: number;
  readonly busy: Busy;
}

/** Deliveries to combine. */
export interface NewBatch {
  readonly batchId: string;
  readonly endpointId: string;
  readonly worker: string;
  readonly deliveryIds: readonly number[];
  readonly now: number;
}

/** The new state of a delivery after an attempt. */
export type Settled =
  | { readonly kind: "delivered" }
  | { readonly kind: "retry"; readonly dueAt: number; readonly failure: string }
  | { readonly kind: "dead"; readonly failure: string }
  | { readonly kind: "stop-endpoint"; readonly failure: string };

/** An attempt to store. */
export interface Settlement {
  readonly worker: string;
  readonly endpointId: string;
  /** The endpoint's `registeredAt` at the time when the attempt started. */
  readonly registeredAt: number;
  readonly deliveryId: number;
  readonly batchId: string | null;
  readonly attempts: number;
  readonly settled: Settled;
  readonly circuit: Circuit;
  readonly now: number;
}

/** A delivery that is no longer retried. */
export interface DeadLetter {
  readonly eventId: string;
  readonly type: string;
  readonly orgId: string;
  readonly attempts: number;
  /** Why the last attempt failed, or `endpoint stopped`. */
  readonly failure: string;
  /** Unix milliseconds. */
  readonly diedAt: number;
}

/** A published event, for a vendor's own backfill. */
export interface PublishedEvent {
  /** Increases from event to event; pass the last event's sequence to read the next page. */
  readonly sequence: number;
  readonly eventId: string;
  readonly type: string;
  readonly orgId: string;
  /** Unix milliseconds. */
  readonly publishedAt: number;
  /** The event's JSON, exactly as posted. */
  readonly body: string;
}

/** Which published events to list. */
interface PublishedQuery {
  /** Unix milliseconds. */
  readonly since: number;
  readonly afterSequence: number;
  /** The orgs whose events to list; `null` for all orgs. */
  readonly orgIds: readonly string[] | null;
  readonly limit: number;
}

/**
 * A lease on endpoints: only the worker that holds the lease delivers to these endpoints. The database's
 * clock determines when the lease expires.
 */
interface Lease {
  readonly worker: string;
  readonly leaseMs: number;
}

/**
 * Stores events and deliveries. Each call is one transaction, durable when it resolves.
 *
 * A delivery is `queued` until it is first tried or put into a batch, then `scheduled` for a certain
 * time, and finally `delivered` or `dead`. In a batch, the first delivery is `scheduled` and
 * represents the others, which are `batched`.
 *
 * @typeParam Client the caller's connection, whose transaction an event may join
 */
export interface OutboxStore<Client = never> {
  /** Stores events and a delivery for each subscribed endpoint, in the client's transaction if there is one. */
  keepEvents(events: readonly NewEvent[], now: number, client?: Client): Promise<readonly Kept[]>;

  /**
   * Adds an endpoint, or replaces the endpoint with the same id. Deletes waiting deliveries of events that
   * the endpoint no longer subscribes to.
   */
  saveEndpoint(row: EndpointRow): Promise<void>;
  /**
   * Reads an endpoint.
   *
   * @param client the connection to read through: waiting for another connection could deadlock
   */
  endpoint(endpointId: string, client?: Client): Promise<EndpointRow | undefined>;
  /** Lists endpoints. @param owner `null` for all owners */
  endpoints(owner: string | null): Promise<readonly EndpointRow[]>;
  /** Replaces an endpoint's secrets if they equal `expected`. @returns whether the secrets were replaced */
  replaceSecrets(endpointId: string, expected: Uint8Array, secrets: Uint8Array): Promise<boolean>;
  /** Deletes an endpoint and its deliveries. @returns whether the endpoint existed */
  deleteEndpoint(endpointId: string): Promise<boolean>;

  /** Claims the endpoints that have due deliveries and no worker with a valid lease. */
  claimEndpoints(lease: Lease, now: number): Promise<readonly string[]>;
  /** Renews the leases of those endpoints that the worker still holds. */
  renewLeases(lease: Lease, endpointIds: readonly string[]): Promise<void>;
  releaseEndpoint(worker: string, endpointId: string): Promise<void>;

  /** Reads an endpoint if it is active and the worker still holds its lease. */
  heldEndpoint(endpointId: string, worker: string): Promise<EndpointRow | undefined>;
  /** Lists due retries and batches. */
  scheduled(query: DueQuery): Promise<readonly DueDelivery[]>;
  /** Lists deliveries that were never tried, oldest first. */
  queued(query: DueQuery): Promise<readonly DueDelivery[]>;
  /** Lists the untried deliveries of an endpoint with batching, without the events' content. */
  batchable(endpointId: string, limit: number): Promise<readonly Batchable[]>;
  /**
   * Combines the deliveries that still wait into a batch that is due now, if the worker still holds the
   * endpoint's lease.
   *
   * @returns the delivery that represents the batch; `undefined` if there was nothing left to combine
   */
  formBatch(batch: NewBatch): Promise<number | undefined>;
  /** Lists the JSON of a batch's events, in order. */
  batchBodies(batchId: string): Promise<readonly string[]>;
  /**
   * Stores attempts. A failure is stored only while the worker holds the lease; a success is always stored.
   */
  settle(settlements: readonly Settlement[]): Promise<void>;

  /** Lists dead letters, latest first, at most `limit`. */
  deadLetters(endpointId: string, limit: number): Promise<readonly DeadLetter[]>;
  /** Lists published events in order, except those that were sent to a single endpoint only. */
  published(query: PublishedQuery): Promise<readonly PublishedEvent[]>;
  /**
   * Queues every event since `since` that the endpoint subscribes to but has not received.
   *
   * @returns how many
   */
  replay(endpointId: string, since: number, now: number): Promise<number>;
  /**
   * Turns a delivery into a dead letter if the delivery began to wait earlier than `before`. Deletes events
   * older than `before`, except those with waiting deliveries or with dead letters newer than `before`. So a
   * dead letter can be replayed for a whole retention period.
   *
   * @returns how many events were deleted, at most `limit`
   */
  prune(before: number, now: number, limit: number): Promise<number>;
  close(): Promise<void>;
}
