import { createGroupCommit } from "@convergint/internal/group-commit";
import { sleep } from "./clock.ts";
import type { Endpoint, EndpointRequest, RegisteredEndpoint, RotatedSecret } from "./endpoint.ts";
import { createEndpoints } from "./endpoints.ts";
import { DeliveryError, toStoreError } from "./errors.ts";
import { type NewEvent, type OutgoingEvent, prepareEvent } from "./event.ts";
import { createAttempter } from "./http/attempt.ts";
import { completeOptions, guardHook, type OutboxOptions } from "./options.ts";
import { createEndpointSecretBox } from "./store/endpoint-secret-box.ts";
import type { DeadLetter, Kept, PublishedEvent, Settlement } from "./store/store.ts";
import { createWorkerName } from "./store/worker-name.ts";
import { Dispatcher } from "./work/dispatcher.ts";

/** Options of `enqueue`. */
export interface EnqueueOptions<Client> {
  /**
   * Your connection with an open transaction. The event is sent if, and only if, that transaction commits.
   */
  readonly client?: Client;
  /** The only endpoint to send the event to, even if the endpoint did not subscribe to the event. For pings. */
  readonly endpointId?: string;
}

/** Which published events to list. */
export interface PublishedEventsRequest {
  /** Only events published at or after this time. */
  readonly since: Date;
  /** The sequence of the previous page's last event. Default: start with the first event. */
  readonly afterSequence?: number;
  /** Only events of these orgs. Default: all orgs. */
  readonly orgIds?: readonly string[];
  /** The maximum number of events. Default: 100. */
  readonly limit?: number;
}

/** A durable outbox: events wait in a database until each endpoint has responded with 2xx. */
export interface Outbox<Client = never> {
  /**
   * Stores an event for every subscribed endpoint. The event is durable when this resolves, or when the transaction of
   * `client` commits. Enqueuing the same event again changes nothing.
   *
   * @throws {DeliveryError} `invalid_event`, `event_too_large`, `event_id_reused`, `unknown_endpoint`,
   *   `endpoint_stopped`, `store_failed`, `closed`
   * @see spec/1.0/contract.md#delivery
   */
  enqueue<Event extends OutgoingEvent>(event: Event, options?: EnqueueOptions<Client>): Promise<void>;

  /**
   * Registers an endpoint. Registering an existing endpoint again resets its health, replaces its secret
   * immediately and sends its waiting deliveries to the new address.
   *
   * @throws {DeliveryError} `invalid_destination`, `invalid_option`, `store_failed`
   * @see spec/1.0/contract.md#webhook-endpoints
   */
  registerEndpoint(request: EndpointRequest): Promise<RegisteredEndpoint>;
  /** Lists endpoints without their secrets. @throws {DeliveryError} `store_failed` */
  listEndpoints(filter?: { readonly owner?: string }): Promise<Endpoint[]>;
  /**
   * Deletes an endpoint and its waiting deliveries. No delivery to it starts afterwards.
   *
   * @returns whether the endpoint existed
   * @throws {DeliveryError} `store_failed`
   */
  deleteEndpoint(endpointId: string): Promise<boolean>;
  /**
   * Generates a new secret. The previous secret also signs for another `overlapSeconds`; by default, for a day.
   *
   * @throws {DeliveryError} `unknown_endpoint`, `cannot_decrypt`, `store_failed`
   * @see spec/1.0/contract.md#secret-rotation
   */
  rotateSecret(endpointId: string, options?: { readonly overlapSeconds?: number }): Promise<RotatedSecret>;

  /**
   * Lists the dead letters of an endpoint, latest first.
   *
   * @throws {DeliveryError} `store_failed`
   */
  deadLetters(endpointId: string, options?: { readonly limit?: number }): Promise<readonly DeadLetter[]>;
  /**
   * Sends an endpoint every event since `since` that the endpoint subscribes to but has not received. These
   * events are dead letters, or were published while the endpoint was stopped or not yet registered.
   *
   * @returns the number of events
   * @throws {DeliveryError} `unknown_endpoint`, `endpoint_stopped`, `store_failed`
   */
  replay(request: { readonly endpointId: string; readonly since: Date }): Promise<number>;

  /**
   * Lists published events, delivered or not, in order of publication, for `GET /v1/events`. Events for a
   * single endpoint, such as pings, are left out. An event in your transaction has the time of `enqueue` but
   * is visible only after the commit. So set the page's `as_of` back by the longest duration of a
   * transaction.
   *
   * @throws {DeliveryError} `invalid_option`, `store_failed`
   * @see spec/1.0/contract.md#backfill
   */
  publishedEvents(request: PublishedEventsRequest): Promise<readonly PublishedEvent[]>;

  /**
   * Starts delivering in this process. Any number of processes may
   * deliver; each endpoint has one worker at a time.
   */
  start(): void;
  /**
   * Starts no more deliveries, waits for those in progress and closes the store.
   *
   * @param options.signal aborts deliveries in progress, which are retried after the
   *   next start. Default: aborts after 30 seconds.
   */
  close(options?: { readonly signal?: AbortSignal }): Promise<void>;
}

/** @throws {DeliveryError} `invalid_option` */
function requireCount(name: string, value: number): void {
  if (!(Number.isInteger(value) && value >= 0))
    throw new DeliveryError("invalid_option", `${name} must be a whole number, 0 or more.`);
}

/** Converts a Date to Unix milliseconds. @throws {DeliveryError} `invalid_option` */
function toUnixMilliseconds(since: Date): number {
  if (since instanceof Date && !Number.isNaN(since.getTime())) return since.getTime();
  throw new DeliveryError("invalid_option", "since must be a valid Date.");
}

const DAY_SECONDS = 86_400;
/**
 * Events and settlements are small, so a batch is limited only by its number of rows. Every failure is
 * the database's fault, so a failed batch is never bisected. (The consumer's receive path also limits
 * bytes, because senders choose what it stores.)
 */
const COMMIT_LIMITS = { maxItems: 512, isFatal: () => true };
const CLOSE_MS = 30_000;
/** How long the database may still take to finish after an abort. */
const CUT_MS = 1_000;

/**
 * Opens an outbox on a store. The outbox delivers once `start` is called.
 *
 * @throws {DeliveryError} `invalid_option`
 * @see spec/1.0/contract.md#delivery
 */
export async function createOutbox<Client = never>(given: OutboxOptions<Client>): Promise<Outbox<Client>> {
  const options = completeOptions(given);
  const { store, allowLoopback, allowPrivateNetworks, proxy, pollSeconds, timeoutSeconds, send, clock } =
    options;
  const { now } = clock;
  const onError = guardHook(options.onError, () => {});
  const box = createEndpointSecretBox(options.encryptionKey);
  const endpoints = createEndpoints(store, box, { allowLoopback, allowPrivateNetworks, now });
  const attempter = createAttempter({
    allowLoopback,
    allowPrivateNetworks,
    proxy,
    timeoutSeconds,
    send,
    clock,
  });
  const gaveUp = new AbortController();

  const keeping = createGroupCommit<NewEvent, Kept>({
    commit: (events) => store.keepEvents(events, now()),
    ...COMMIT_LIMITS,
  });
  /**
   * Retries while the database is unavailable: if a successful delivery were
   * not recorded, the event would be sent again.
   */
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
    worker: createWorkerName(),
    box,
    settling,
    attempt: attempter.attempt,
    onAttempt: guardHook(options.onAttempt, onError),
    onError,
  });
  let closing: Promise<void> | undefined;
  /** Calls in progress. The store is closed only after they end. */
  const inProgress = new Set<Promise<void>>();

  /** Runs a call of the outbox and converts the call's errors. Refuses the call if the outbox is closed. */
  async function call<Result>(work: () => Promise<Result>): Promise<Result> {
    if (closing !== undefined) throw new DeliveryError("closed", "The outbox is closed.");
    const running = work();
    const settled = running.then(
      () => {},
      () => {},
    );
    inProgress.add(settled);
    try {
      return await running;
    } catch (error) {
      throw toStoreError(error);
    } finally {
      inProgress.delete(settled);
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
        `A different event was enqueued with the id ${event.eventId}. Use a new id: retries must send the same bytes.`,
      );
    }
    // An event in the caller's transaction is not visible before the commit, so waking the dispatcher now
    // would be too early.
    if (kept?.kind === "kept" && client === undefined) dispatcher.wake(kept.endpointIds);
  }

  async function close(signal: AbortSignal): Promise<void> {
    const cut = new Promise<void>((resolve) => {
      const onAbort = () => {
        gaveUp.abort(signal.reason);
        // The close has a time limit, because an unresponsive database must not keep the vendor's process
        // from ending.
        setTimeout(resolve, CUT_MS).unref();
      };
      signal.addEventListener("abort", onAbort, { once: true });
      if (signal.aborted) onAbort();
    });
    await Promise.race([
      Promise.all([...inProgress, keeping.drained(), dispatcher.close(gaveUp.signal)]),
      cut,
    ]);
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
        const existed = await endpoints.delete(endpointId);
        dispatcher.forget(endpointId);
        return existed;
      }),
    rotateSecret: (endpointId, { overlapSeconds = DAY_SECONDS } = {}) =>
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
        return store.published({
          since: toUnixMilliseconds(since),
          afterSequence,
          orgIds: orgIds ?? null,
          limit,
        });
      }),
    replay: ({ endpointId, since }) =>
      call(async () => {
        const from = toUnixMilliseconds(since);
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
