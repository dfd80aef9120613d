import { randomUUID } from "node:crypto";
import { type BatchSettings, cutBatch } from "../rules/batch.ts";
import { type Allowance, allowance, type Circuit, CLOSED } from "../rules/circuit.ts";
import type { DueDelivery, EndpointRow } from "../store/store.ts";
import { deliver, judge, type Task } from "./deliver.ts";
import { createPause, type Pause } from "./pause.ts";
import type { WorkSettings } from "./settings.ts";

/** How long a lane with nothing to do keeps its endpoint: less would have a steady trickle claim and release all day. */
const LINGER_MS = 2_000;
/** Deliveries looked at for each that may begin, since some may share a device. */
const LOOK_AHEAD = 4;

/** Attempts that may wait to be written down, for each that may be made at once. */
const UNWRITTEN = 8;

/** What is under way; a probe is a new delivery, begun while the circuit was open. */
interface InFlight {
  readonly orderKey: string | null;
  readonly isProbe: boolean;
  /** Answered, and not written down yet: the next may begin, but this one not again. */
  readonly isAnswered: boolean;
}

/**
 * Delivers to one endpoint whose lease this worker holds: so it alone knows what is under way, how many at once, in which
 * order and how the endpoint fares. Lanes wait for nothing but their own endpoint.
 */
export class EndpointLane {
  readonly #endpointId: string;
  readonly #settings: WorkSettings;
  readonly #cut: AbortSignal;
  readonly #pause: Pause;
  readonly #inFlight = new Map<number, InFlight>();
  readonly #attempts = new Set<Promise<void>>();
  #circuit: Circuit = CLOSED;
  #registeredAt = 0;
  #ended = false;
  #broken: unknown;

  /** @param cut ends attempts that are under way, without outcome */
  constructor(endpointId: string, settings: WorkSettings, cut: AbortSignal) {
    this.#endpointId = endpointId;
    this.#settings = settings;
    this.#pause = createPause(settings.clock);
    this.#cut = cut;
  }

  /** There may be something new. */
  wake(): void {
    this.#pause.wake();
  }

  /** Begins nothing more. */
  end(): void {
    this.#ended = true;
    this.#pause.wake();
  }

  /**
   * Delivers until there is nothing left, the lease is lost or the lane is ended; then waits for what is under way.
   *
   * @throws what keeps it from making any attempt at all, such as secrets that cannot be decrypted
   */
  async run(): Promise<void> {
    const { now } = this.#settings.clock;
    let busyAt = now();
    while (!this.#ended) {
      // A database that is away for a moment is no reason to give up the endpoint.
      const waits = await this.#fill().catch(this.#settings.onError);
      if (waits || this.#inFlight.size > 0) busyAt = now();
      if (now() - busyAt > LINGER_MS) break;
      await this.#pause.wait(this.#settings.pollSeconds * 1000);
    }
    await Promise.all(this.#attempts);
    if (this.#broken !== undefined) throw this.#broken;
  }

  /** Begins what may begin. @returns whether a batch waits to be filled */
  async #fill(): Promise<boolean> {
    const { store, worker } = this.#settings;
    if (this.#free() <= 0) return false;
    const endpoint = await store.heldEndpoint(this.#endpointId, worker);
    if (endpoint === undefined) {
      this.#ended = true;
      return false;
    }
    if (endpoint.registeredAt !== this.#registeredAt) {
      this.#registeredAt = endpoint.registeredAt;
      this.#circuit = endpoint.circuit;
    }
    this.#begin(endpoint, await store.scheduled(this.#query()), false);
    if (endpoint.batch !== null) return this.#fillBatches(endpoint, endpoint.batch);
    const queued = this.#mayBeginNew() === "none" ? [] : await store.queued(this.#query());
    // Asked again: an attempt may have ended meanwhile.
    const allowed = this.#mayBeginNew();
    if (allowed === "all") this.#begin(endpoint, queued, false);
    if (allowed === "one") this.#begin(endpoint, queued.slice(0, 1), true);
    return false;
  }

  /** How many new deliveries the endpoint's health allows now. */
  #mayBeginNew(): Allowance {
    const allowed = allowance(this.#circuit, this.#settings.clock.now());
    const isProbing = [...this.#inFlight.values()].some(({ isProbe }) => isProbe);
    return allowed === "one" && isProbing ? "none" : allowed;
  }

  #free(): number {
    const { concurrencyPerEndpoint } = this.#settings;
    const answered = [...this.#inFlight.values()].filter(({ isAnswered }) => isAnswered).length;
    if (answered >= concurrencyPerEndpoint * UNWRITTEN) return 0;
    return concurrencyPerEndpoint - (this.#inFlight.size - answered);
  }

  #query() {
    const orderKeys = [...this.#inFlight.values()].flatMap(({ orderKey }) => orderKey ?? []);
    const busy = { deliveryIds: [...this.#inFlight.keys()], orderKeys };
    return {
      endpointId: this.#endpointId,
      now: this.#settings.clock.now(),
      limit: this.#free() * LOOK_AHEAD,
      busy,
    };
  }

  /** Forms and begins as many batches as are due. @returns whether events wait for more */
  async #fillBatches(endpoint: EndpointRow, settings: BatchSettings): Promise<boolean> {
    const { store, worker, clock } = this.#settings;
    while (this.#free() > 0 && !this.#ended) {
      const allowed = this.#mayBeginNew();
      if (allowed === "none") return false;
      const waiting = await store.batchable(this.#endpointId, settings.maxEvents);
      const chosen = cutBatch(waiting, settings, clock.now());
      if (chosen.length === 0) return waiting.length > 0;
      // Durable before it is sent: whoever tries again sends the same events under the same id.
      const batchId = `batch_${randomUUID()}`;
      const deliveryIds = chosen.map(({ deliveryId }) => deliveryId);
      const endpointId = this.#endpointId;
      const formed = await store.formBatch({ batchId, endpointId, worker, deliveryIds, now: clock.now() });
      // Another has begun them, or the lease is lost: the next look tells.
      if (formed === undefined) return true;
      this.#begin(endpoint, [{ deliveryId: formed, batchId, attempts: 0 }], allowed === "one");
    }
    return true;
  }

  /** Begins deliveries in their order, one at a time for each device, as many as are free. */
  #begin(endpoint: EndpointRow, due: readonly DueDelivery[], isProbe: boolean): void {
    for (const each of due) {
      if (this.#free() <= 0 || this.#ended) return;
      const orderKey = each.batchId === null ? each.orderKey : null;
      const isHeldUp =
        orderKey !== null && [...this.#inFlight.values()].some((other) => other.orderKey === orderKey);
      if (isHeldUp) continue;
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

  async #deliver(task: Task, inFlight: InFlight): Promise<void> {
    const attempted = await deliver(task, this.#settings, this.#cut);
    if (attempted === undefined) return;
    const { settlement, report } = judge(task, attempted, this.#circuit, this.#settings);
    this.#circuit = settlement.circuit;
    if (settlement.settled.kind === "stop-endpoint") this.#ended = true;
    // Durable writing is slower than a near receiver; nothing is gained by making the next wait for it.
    this.#inFlight.set(task.due.deliveryId, { ...inFlight, isAnswered: true });
    this.#pause.wake();
    await this.#settings.settling.submit(settlement);
    this.#settings.onAttempt(report);
  }
}
