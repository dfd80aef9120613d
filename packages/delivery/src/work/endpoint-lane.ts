import { randomUUID } from "node:crypto";
import { type BatchSettings, cutBatch } from "../rules/batch.ts";
import { type Allowance, type Circuit, CLOSED, getAllowance } from "../rules/circuit.ts";
import { createEndpointSigner } from "../rules/signing-secrets.ts";
import type { DueDelivery, EndpointRow } from "../store/store.ts";
import { deliver, judge, type Task } from "./deliver.ts";
import { createPause, type Pause } from "./pause.ts";
import type { WorkSettings } from "./settings.ts";

/** How long an idle lane keeps its endpoint, so that sparse events do not cause a claim and a release each time. */
const LINGER_MS = 2_000;
/**
 * How many deliveries to read for each delivery that may start. Several deliveries may share a device, and
 * only one delivery per device can start.
 */
const LOOK_AHEAD = 4;

/** How many finished attempts may wait to be stored, for each attempt that may run concurrently. */
const MAX_UNSTORED = 8;

/** A delivery in progress; a probe is a new delivery that started while the circuit was open. */
interface InFlight {
  readonly orderKey: string | null;
  readonly isProbe: boolean;
  /**
   * The response has arrived but is not stored yet: other deliveries may start, but this delivery must not
   * start again.
   */
  readonly isAnswered: boolean;
}

/**
 * Delivers to one endpoint whose lease this worker holds. Because of the lease, only this lane decides about
 * the endpoint's concurrency, order and health. Lanes never wait for each other.
 */
export class EndpointLane {
  readonly #endpointId: string;
  readonly #settings: WorkSettings;
  readonly #cut: AbortSignal;
  readonly #pause: Pause;
  readonly #onDue: (time: number) => void;
  readonly #signerOf: ReturnType<typeof createEndpointSigner>;
  readonly #inFlight = new Map<number, InFlight>();
  readonly #attempts = new Set<Promise<void>>();
  #circuit: Circuit = CLOSED;
  #registeredAt = 0;
  #ended = false;
  #broken: unknown;

  /**
   * @param cut aborts attempts in progress, without an outcome
   * @param onDue called with each time, in Unix milliseconds, at which this endpoint will have something due
   */
  constructor(endpointId: string, settings: WorkSettings, cut: AbortSignal, onDue: (time: number) => void) {
    this.#endpointId = endpointId;
    this.#settings = settings;
    const { box, signingKeys } = settings;
    this.#signerOf = createEndpointSigner({ open: (sealed) => box.open(sealed, endpointId), signingKeys });
    this.#pause = createPause(settings.clock);
    this.#cut = cut;
    this.#onDue = onDue;
  }

  /** Looks for new deliveries immediately, without waiting for the next poll. */
  wake(): void {
    this.#pause.wake();
  }

  /** Starts no more deliveries. */
  end(): void {
    this.#ended = true;
    this.#pause.wake();
  }

  /**
   * Delivers until nothing is due, the lease is lost or `end` is called; then waits for attempts in progress.
   *
   * @throws if no attempt is possible at all, for example if secrets cannot be decrypted
   */
  async run(): Promise<void> {
    const { now } = this.#settings.clock;
    let busyAt = now();
    while (!this.#ended) {
      // If the database fails, the lane keeps the endpoint, because the database may soon work again.
      const waits = await this.#fill().catch(this.#settings.onError);
      if (waits || this.#inFlight.size > 0) busyAt = now();
      if (now() - busyAt > LINGER_MS) break;
      await this.#pause.wait(this.#settings.pollSeconds * 1000);
    }
    await Promise.all(this.#attempts);
    if (this.#broken !== undefined) throw this.#broken;
  }

  /** Starts the deliveries that may start. @returns whether events wait for their batch to become due */
  async #fill(): Promise<boolean> {
    const { store, worker } = this.#settings;
    if (this.#countFree() <= 0) return false;
    const endpoint = await store.heldEndpoint(this.#endpointId, worker);
    if (endpoint === undefined) {
      this.#ended = true;
      return false;
    }
    if (endpoint.registeredAt !== this.#registeredAt) {
      this.#registeredAt = endpoint.registeredAt;
      this.#circuit = endpoint.circuit;
    }
    this.#begin(endpoint, await store.scheduled(this.#toQuery()), false);
    if (endpoint.batch !== null) return this.#fillBatches(endpoint, endpoint.batch);
    const queued = this.#getAllowance() === "none" ? [] : await store.queued(this.#toQuery());
    // Asks again how many deliveries may start, because an attempt may have ended during the query.
    const allowed = this.#getAllowance();
    if (allowed === "all") this.#begin(endpoint, queued, false);
    if (allowed === "one") this.#begin(endpoint, queued.slice(0, 1), true);
    return false;
  }

  /** Decides how many new deliveries the endpoint's health allows now. */
  #getAllowance(): Allowance {
    const allowed = getAllowance(this.#circuit, this.#settings.clock.now());
    const isProbing = [...this.#inFlight.values()].some(({ isProbe }) => isProbe);
    return allowed === "one" && isProbing ? "none" : allowed;
  }

  #countFree(): number {
    const { concurrencyPerEndpoint } = this.#settings;
    const answered = [...this.#inFlight.values()].filter(({ isAnswered }) => isAnswered).length;
    if (answered >= concurrencyPerEndpoint * MAX_UNSTORED) return 0;
    return concurrencyPerEndpoint - (this.#inFlight.size - answered);
  }

  #toQuery() {
    const orderKeys = [...this.#inFlight.values()].flatMap(({ orderKey }) => orderKey ?? []);
    const busy = { deliveryIds: [...this.#inFlight.keys()], orderKeys };
    return {
      endpointId: this.#endpointId,
      now: this.#settings.clock.now(),
      limit: this.#countFree() * LOOK_AHEAD,
      busy,
    };
  }

  /** Forms and starts all due batches. @returns whether events wait for their batch to become due */
  async #fillBatches(endpoint: EndpointRow, settings: BatchSettings): Promise<boolean> {
    const { store, worker, clock } = this.#settings;
    while (this.#countFree() > 0 && !this.#ended) {
      const allowed = this.#getAllowance();
      if (allowed === "none") return false;
      const waiting = await store.batchable(this.#endpointId, settings.maxEvents);
      const chosen = cutBatch(waiting, settings, clock.now());
      const [oldest] = waiting;
      if (oldest === undefined) return false;
      if (chosen.length === 0) {
        this.#pause.wakeAt(oldest.since + settings.maxAgeSeconds * 1000);
        return true;
      }
      // The batch is stored before it is sent, so that a retry by any
      // worker has the same events and the same id.
      const batchId = `batch_${randomUUID()}`;
      const deliveryIds = chosen.map(({ deliveryId }) => deliveryId);
      const endpointId = this.#endpointId;
      const formed = await store.formBatch({ batchId, endpointId, worker, deliveryIds, now: clock.now() });
      // Another worker took these deliveries, or this worker lost the lease. The next query shows which of
      // the two happened.
      if (formed === undefined) return true;
      this.#begin(endpoint, [{ deliveryId: formed, batchId, attempts: 0 }], allowed === "one");
    }
    return true;
  }

  /** Starts deliveries in order, one at a time per device, up to the concurrency limit. */
  #begin(endpoint: EndpointRow, due: readonly DueDelivery[], isProbe: boolean): void {
    for (const each of due) {
      if (this.#countFree() <= 0 || this.#ended) return;
      const orderKey = each.batchId === null ? each.orderKey : null;
      const isBlocked =
        orderKey !== null && [...this.#inFlight.values()].some((other) => other.orderKey === orderKey);
      if (isBlocked) continue;
      const inFlight = { orderKey, isProbe, isAnswered: false };
      this.#inFlight.set(each.deliveryId, inFlight);
      const attempt = this.#deliver({ endpoint, due: each }, inFlight)
        .catch((error: unknown) => {
          this.#broken = error;
          this.#ended = true;
        })
        .finally(() => {
          this.#inFlight.delete(each.deliveryId);
          this.#attempts.delete(attempt);
          this.#pause.wake();
        });
      this.#attempts.add(attempt);
    }
  }

  /** Has due deliveries looked for at this time: by this lane or, if the endpoint has another lane by then, by that one. */
  #wakeAt(time: number): void {
    this.#pause.wakeAt(time);
    this.#onDue(time);
  }

  async #deliver(task: Task, inFlight: InFlight): Promise<void> {
    const attempted = await deliver(task, this.#signerOf, this.#settings, this.#cut);
    if (attempted === undefined) return;
    const { settlement, report } = judge(task, attempted, this.#circuit, this.#settings);
    this.#circuit = settlement.circuit;
    if (settlement.settled.kind === "stop-endpoint") this.#ended = true;
    if (settlement.settled.kind === "retry") this.#wakeAt(settlement.settled.dueAt);
    if (this.#circuit.probeAt > 0) this.#wakeAt(this.#circuit.probeAt);
    // Storing an attempt can take longer than the receiver's response, so the next delivery does not wait
    // until the attempt is stored.
    this.#inFlight.set(task.due.deliveryId, { ...inFlight, isAnswered: true });
    this.#pause.wake();
    await this.#settings.settling.submit(settlement);
    this.#settings.onAttempt(report);
  }
}
