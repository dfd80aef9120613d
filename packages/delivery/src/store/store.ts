import type { NewEvent } from "../event.ts";
import type { Batchable, BatchSettings } from "../rules/batch.ts";
import type { Circuit } from "../rules/circuit.ts";

/** An endpoint as it is kept. Moments are Unix milliseconds. */
export interface EndpointRow {
  readonly endpointId: string;
  /** Whoever registered it, in the vendor's own terms. */
  readonly owner: string | null;
  readonly url: string;
  /** The orgs whose events it gets; `null` for all. */
  readonly orgIds: readonly string[] | null;
  /** The types it gets; `null` for all. */
  readonly eventTypes: readonly string[] | null;
  readonly batch: BatchSettings | null;
  /** Encrypted. */
  readonly secrets: Uint8Array;
  readonly state: "active" | "stopped";
  readonly createdAt: number;
  /** When it was registered last: what was learnt of it before is past. */
  readonly registeredAt: number;
  readonly circuit: Circuit;
}

/** What became of an event that was to be kept. `known`: the very same stands there already; `reused`: another does. */
export type Kept =
  | { readonly kind: "kept"; readonly endpointIds: readonly string[] }
  | { readonly kind: "known" }
  | { readonly kind: "reused" };

/** A delivery that is to be attempted. */
export type DueDelivery = DueEvent | DueBatch;

/** An event that travels alone. */
interface DueEvent {
  readonly deliveryId: number;
  /** How many attempts there were. */
  readonly attempts: number;
  readonly batchId: null;
  readonly eventId: string;
  readonly orderKey: string | null;
  readonly body: string;
}

/** A batch, by the delivery that stands for it. */
interface DueBatch {
  readonly deliveryId: number;
  readonly attempts: number;
  readonly batchId: string;
}

/** What is under way, and must not be begun twice. */
export interface Busy {
  readonly deliveryIds: readonly number[];
  readonly orderKeys: readonly string[];
}

/** What to look for in an endpoint's deliveries. */
export interface DueQuery {
  readonly endpointId: string;
  readonly now: number;
  readonly limit: number;
  readonly busy: Busy;
}

/** Deliveries that are to travel as one. */
export interface NewBatch {
  readonly batchId: string;
  readonly endpointId: string;
  readonly worker: string;
  readonly deliveryIds: readonly number[];
  readonly now: number;
}

/** What one attempt leads to. */
export type Settled =
  | { readonly kind: "delivered" }
  | { readonly kind: "retry"; readonly dueAt: number; readonly failure: string }
  | { readonly kind: "dead"; readonly failure: string }
  | { readonly kind: "stop-endpoint"; readonly failure: string };

/** An attempt to be written down. */
export interface Settlement {
  readonly worker: string;
  readonly endpointId: string;
  /** What the endpoint's `registeredAt` was when the attempt was begun. */
  readonly registeredAt: number;
  readonly deliveryId: number;
  readonly batchId: string | null;
  readonly attempts: number;
  readonly settled: Settled;
  readonly circuit: Circuit;
  readonly now: number;
}

/** A delivery that was given up. */
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

/** An event as it was published, for a vendor's own backfill. */
export interface PublishedEvent {
  /** Goes up from one event to the next; later pages go on after it. */
  readonly sequence: number;
  readonly eventId: string;
  readonly type: string;
  readonly orgId: string;
  /** Unix milliseconds. */
  readonly publishedAt: number;
  /** The event's JSON: the very bytes that were posted. */
  readonly body: string;
}

/** Which published events to list. */
export interface PublishedQuery {
  /** Unix milliseconds. */
  readonly since: number;
  readonly afterSequence: number;
  /** `null` for all. */
  readonly orgIds: readonly string[] | null;
  readonly limit: number;
}

/** A lease on endpoints: whoever holds it delivers to them, alone. It is counted by the database's clock. */
export interface Lease {
  readonly worker: string;
  readonly leaseMs: number;
}

/**
 * Where events wait. Each call is one durable transaction when it resolves.
 *
 * A delivery is `queued` until it is first tried or put into a batch, then `scheduled` for a time of its own (a batch's
 * first delivery stands for the `batched` rest), and at last `delivered` or `dead`.
 *
 * @typeParam Client a connection of the caller's, with a transaction that an event may join
 */
export interface OutboxStore<Client = never> {
  /** Keeps events and fans them out to the endpoints that want them; in the client's transaction, where one is given. */
  keepEvents(events: readonly NewEvent[], now: number, client?: Client): Promise<readonly Kept[]>;

  /**
   * Adds an endpoint, or puts it in the place of the one with its id; what waited for that one, and is not wanted any
   * more, is forgotten.
   */
  saveEndpoint(row: EndpointRow): Promise<void>;
  /** @param client looks by this connection: to wait for another, while the caller holds one, could be for ever */
  endpoint(endpointId: string, client?: Client): Promise<EndpointRow | undefined>;
  /** @param owner of all owners where `null` */
  endpoints(owner: string | null): Promise<readonly EndpointRow[]>;
  /** @returns whether the secrets were still the expected ones */
  replaceSecrets(endpointId: string, expected: Uint8Array, secrets: Uint8Array): Promise<boolean>;
  /** Forgets an endpoint and all that waits for it. @returns whether there was one */
  deleteEndpoint(endpointId: string): Promise<boolean>;

  /** Takes the endpoints that have something to do and no living worker. */
  claimEndpoints(lease: Lease, now: number): Promise<readonly string[]>;
  /** Of these endpoints, as far as the worker still has them. */
  renewLeases(lease: Lease, endpointIds: readonly string[]): Promise<void>;
  releaseEndpoint(worker: string, endpointId: string): Promise<void>;

  /** The endpoint, if it is active and the worker still holds its lease. */
  heldEndpoint(endpointId: string, worker: string): Promise<EndpointRow | undefined>;
  /** Deliveries whose own time has come: retries, and batches. */
  scheduled(query: DueQuery): Promise<readonly DueDelivery[]>;
  /** Deliveries that were never tried, oldest first. */
  queued(query: DueQuery): Promise<readonly DueDelivery[]>;
  /** The same for an endpoint that wants batches, without what they hold. */
  batchable(endpointId: string, limit: number): Promise<readonly Batchable[]>;
  /**
   * Makes deliveries one batch, due now, as far as they still wait and the worker still holds the endpoint's lease.
   *
   * @returns the delivery that stands for all of it; `undefined` where nothing was left to batch
   */
  formBatch(batch: NewBatch): Promise<number | undefined>;
  /** The events' JSON of a batch, in order. */
  batchBodies(batchId: string): Promise<readonly string[]>;
  /** Writes attempts down. A failure counts only while the worker holds the lease; a success always. */
  settle(settlements: readonly Settlement[]): Promise<void>;

  /** @returns those that were given up, latest first, at most `limit` */
  deadLetters(endpointId: string, limit: number): Promise<readonly DeadLetter[]>;
  /** @returns events for every endpoint that wants them, in the order they were published; not those for one alone */
  published(query: PublishedQuery): Promise<readonly PublishedEvent[]>;
  /** Queues every event since then that the endpoint wants and has not got. @returns how many */
  replay(endpointId: string, since: number, now: number): Promise<number>;
  /**
   * Gives up what has waited since before then, and forgets events from before then that nothing waits for and that were
   * not given up after it: so a dead letter can be replayed for as long as an event is kept.
   *
   * @returns how many were forgotten, at most `limit`
   */
  prune(before: number, now: number, limit: number): Promise<number>;
  close(): Promise<void>;
}
