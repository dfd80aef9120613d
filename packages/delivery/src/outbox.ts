import { randomUUID } from "node:crypto";
import { createGroupCommit } from "@convergint/internal/group-commit";
import { sleep } from "./clock.ts";
import type { Endpoint, EndpointRequest, RegisteredEndpoint, RotatedSecret } from "./endpoint.ts";
import { createEndpoints } from "./endpoints.ts";
import { DeliveryError, storeFailed } from "./errors.ts";
import { type NewEvent, type OutgoingEvent, prepareEvent } from "./event.ts";
import { createAttempter } from "./http/attempter.ts";
import { completeOptions, type OutboxOptions } from "./options.ts";
import { createEndpointSecretBox } from "./store/endpoint-secret-box.ts";
import type { DeadLetter, Kept, PublishedEvent, Settlement } from "./store/store.ts";
import { Dispatcher } from "./work/dispatcher.ts";
import { guardHook } from "./work/guard-hook.ts";

/** How an event is enqueued. */
export interface EnqueueOptions<Client> {
  /** A connection of yours with an open transaction: the event is sent if, and only if, that commits. */
  readonly client?: Client;
  /** The one endpoint it is for, whatever that subscribed to: a ping. */
  readonly endpointId?: string;
}

/** Which published events to list. */
export interface PublishedEventsRequest {
  /** Published at or after it. */
  readonly since: Date;
  /** Goes on behind the last event of the page before. Default: from the first. */
  readonly afterSequence?: number;
  /** Of these orgs only. Default: of all. */
  readonly orgIds?: readonly string[];
  /** Default: 100. */
  readonly limit?: number;
}

/** Webhooks that survive: events wait in a database until each endpoint has answered 2xx. */
export interface Outbox<Client = never> {
  /**
   * Keeps an event for every endpoint that wants it. It is durable when this resolves: on its own, or with the
   * transaction of `client`. The same event again changes nothing.
   *
   * @throws {DeliveryError} `invalid_event`, `event_too_large`, `event_id_reused`, `unknown_endpoint`,
   *   `endpoint_stopped`, `store_failed`, `closed`
   * @see spec/1.0/contract.md#delivery
   */
  enqueue<Event extends OutgoingEvent>(event: Event, options?: EnqueueOptions<Client>): Promise<void>;

  /**
   * Registers an endpoint, or one again: then what was learnt of it is forgotten, its secret replaced at once, and what
   * waits for it is sent to the new address.
   *
   * @throws {DeliveryError} `invalid_destination`, `invalid_option`, `store_failed`
   * @see spec/1.0/contract.md#webhook-endpoints
   */
  registerEndpoint(request: EndpointRequest): Promise<RegisteredEndpoint>;
  /** @throws {DeliveryError} `store_failed` */
  listEndpoints(filter?: { readonly owner?: string }): Promise<Endpoint[]>;
  /**
   * Forgets an endpoint and all that waits for it. Nothing to it is begun afterwards.
   *
   * @returns whether there was one
   * @throws {DeliveryError} `store_failed`
   */
  deleteEndpoint(endpointId: string): Promise<boolean>;
  /**
   * Makes a new secret; the one before it signs as well, for a day or for `overlapSeconds`.
   *
   * @throws {DeliveryError} `unknown_endpoint`, `cannot_decrypt`, `store_failed`
   * @see spec/1.0/contract.md#secret-rotation
   */
  rotateSecret(endpointId: string, options?: { readonly overlapSeconds?: number }): Promise<RotatedSecret>;

  /**
   * Lists the deliveries to an endpoint that were given up, latest first.
   *
   * @throws {DeliveryError} `store_failed`
   */
  deadLetters(endpointId: string, options?: { readonly limit?: number }): Promise<readonly DeadLetter[]>;
  /**
   * Sends an endpoint every event since then that it wants and has not got: what was given up, and what was published
   * while it was stopped or not registered yet.
   *
   * @returns how many
   * @throws {DeliveryError} `unknown_endpoint`, `endpoint_stopped`, `store_failed`
   */
  replay(request: { readonly endpointId: string; readonly since: Date }): Promise<number>;

  /**
   * Lists what was published, delivered or not, in the order of publication: what a vendor's `GET /v1/events` answers with.
   * Pings and other events for one endpoint alone are not among it. An event of a transaction of yours counts as published
   * when it was enqueued, and is seen once that has committed: hold the page's `as_of` back by as long as one may take.
   *
   * @throws {DeliveryError} `invalid_option`, `store_failed`
   * @see spec/1.0/contract.md#backfill
   */
  publishedEvents(request: PublishedEventsRequest): Promise<readonly PublishedEvent[]>;

  /** Begins to deliver in this process. Any number of processes may; each endpoint has one worker at a time. */
  start(): void;
  /**
   * Begins nothing more, waits for what is under way, and closes the store.
   *
   * @param options.signal cuts what is under way; it is tried again by whoever starts next. Default: after 30 seconds.
   */
  close(options?: { readonly signal?: AbortSignal }): Promise<void>;
}

/** @throws {DeliveryError} `invalid_option` */
function requireCount(name: string, value: number): void {
  if (!(Number.isInteger(value) && value >= 0))
    throw new DeliveryError("invalid_option", `${name} must be a whole number, 0 or more.`);
}

/** Unix milliseconds. @throws {DeliveryError} `invalid_option` */
function momentOf(since: Date): number {
  if (since instanceof Date && !Number.isNaN(since.getTime())) return since.getTime();
  throw new DeliveryError("invalid_option", "since must be a valid Date.");
}

const A_DAY_SECONDS = 86_400;
/**
 * Events and settlements are small and every failure is the database's, so a batch is limited by rows only and never
 * bisected. The consumer's receive path limits its batches by bytes too: what it stores is the sender's choice.
 */
const COMMIT_LIMITS = { maxItems: 512, isFatal: () => true };
const CLOSE_MS = 30_000;
/** What is cut short still ends in order, where the database lets it. */
const CUT_MS = 1_000;

/**
 * Opens an outbox over a store. It delivers once `start` is called.
 *
 * @throws {DeliveryError} `invalid_option`
 * @see spec/1.0/contract.md#delivery
 */
export async function createOutbox<Client = never>(given: OutboxOptions<Client>): Promise<Outbox<Client>> {
  const options = await completeOptions(given);
  const { store, allowLoopback, pollSeconds, timeoutSeconds, send, clock } = options;
  const { now } = clock;
  const onError = guardHook(options.onError, () => {});
  const box = createEndpointSecretBox(options.encryptionKey);
  const endpoints = createEndpoints(store, box, { allowLoopback, now });
  const attempter = createAttempter({ allowLoopback, timeoutSeconds, send, clock });
  const gaveUp = new AbortController();

  const keeping = createGroupCommit<NewEvent, Kept>({
    commit: (events) => store.keepEvents(events, now()),
    ...COMMIT_LIMITS,
  });
  /** What a receiver answered is not forgotten because the database is away: it would be sent again. */
  const settling = createGroupCommit<Settlement, null>({
    async commit(settlements) {
      for (;;) {
        try {
          await store.settle(settlements);
          return settlements.map(() => null);
        } catch (error) {
          onError(error);
          await sleep(clock, pollSeconds * 1000, gaveUp.signal);
        }
      }
    },
    ...COMMIT_LIMITS,
  });
  const dispatcher = new Dispatcher({
    ...options,
    worker: randomUUID(),
    box,
    settling,
    attempt: attempter.attempt,
    onAttempt: guardHook(options.onAttempt, onError),
    onError,
  });
  let closing: Promise<void> | undefined;
  /** Calls that the store must outlive. */
  const underWay = new Set<Promise<void>>();

  /** Runs a call: refused once closed, and with one kind of error. */
  async function call<Result>(work: () => Promise<Result>): Promise<Result> {
    if (closing !== undefined) throw new DeliveryError("closed", "The outbox is closed.");
    const running = work();
    const settled = running.then(
      () => {},
      () => {},
    );
    underWay.add(settled);
    try {
      return await running;
    } catch (error) {
      throw storeFailed(error);
    } finally {
      underWay.delete(settled);
    }
  }

  async function keep(event: NewEvent, client: Client | undefined): Promise<void> {
    const kept =
      client === undefined
        ? await keeping.submit(event)
        : (await store.keepEvents([event], now(), client))[0];
    if (kept?.kind === "reused") {
      throw new DeliveryError(
        "event_id_reused",
        `Another event was enqueued as ${event.eventId}: a retry must repeat its bytes, so make a new id for it.`,
      );
    }
    // In a transaction of the caller's there is nothing to see yet.
    if (kept?.kind === "kept" && client === undefined) dispatcher.wake(kept.endpointIds);
  }

  async function close(signal: AbortSignal): Promise<void> {
    const cut = new Promise<void>((resolve) => {
      const onAbort = () => {
        gaveUp.abort(signal.reason);
        // A database that does not answer must not keep the vendor's process from ending.
        setTimeout(resolve, CUT_MS).unref();
      };
      signal.addEventListener("abort", onAbort, { once: true });
      if (signal.aborted) onAbort();
    });
    await Promise.race([Promise.all([...underWay, keeping.drained(), dispatcher.close(gaveUp.signal)]), cut]);
    await attempter.close();
    await store.close();
  }

  return {
    enqueue: (event, { client, endpointId } = {}) =>
      call(async () => {
        const prepared = prepareEvent(event, endpointId ?? null);
        if (endpointId !== undefined) await endpoints.requireActive(endpointId, client);
        await keep(prepared, client);
      }),
    registerEndpoint: (request) => call(() => endpoints.register(request)),
    listEndpoints: ({ owner } = {}) => call(() => endpoints.list(owner)),
    deleteEndpoint: (endpointId) =>
      call(async () => {
        const wasThere = await endpoints.delete(endpointId);
        dispatcher.forget(endpointId);
        return wasThere;
      }),
    rotateSecret: (endpointId, { overlapSeconds = A_DAY_SECONDS } = {}) =>
      call(() => endpoints.rotateSecret(endpointId, overlapSeconds)),
    deadLetters: (endpointId, { limit = 100 } = {}) =>
      call(() => {
        requireCount("limit", limit);
        return store.deadLetters(endpointId, limit);
      }),
    publishedEvents: ({ since, afterSequence = 0, orgIds, limit = 100 }) =>
      call(async () => {
        requireCount("limit", limit);
        requireCount("afterSequence", afterSequence);
        return store.published({ since: momentOf(since), afterSequence, orgIds: orgIds ?? null, limit });
      }),
    replay: ({ endpointId, since }) =>
      call(async () => {
        const from = momentOf(since);
        await endpoints.requireActive(endpointId);
        const count = await store.replay(endpointId, from, now());
        dispatcher.wake([endpointId]);
        return count;
      }),
    start: () => dispatcher.start(),
    close: ({ signal = AbortSignal.timeout(CLOSE_MS) } = {}) => {
      closing ??= close(signal);
      return closing;
    },
  };
}
