import { EndpointLane } from "./endpoint-lane.ts";
import { createPause, type Pause } from "./pause.ts";
import type { WorkSettings } from "./settings.ts";

const PRUNE_EVERY_MS = 60_000;
const MAX_PRUNED_AT_ONCE = 5_000;

/** Claims endpoints with due deliveries for this process and runs a lane for each. */
export class Dispatcher {
  readonly #settings: WorkSettings;
  readonly #pause: Pause;
  readonly #lanes = new Map<string, { readonly lane: EndpointLane; readonly done: Promise<void> }>();
  readonly #timers: NodeJS.Timeout[] = [];
  readonly #cut = new AbortController();
  #running: Promise<void> | undefined;
  #ended = false;

  constructor(settings: WorkSettings) {
    this.#settings = settings;
    this.#pause = createPause(settings.clock);
  }

  start(): void {
    if (this.#running !== undefined || this.#ended) return;
    this.#running = this.#run();
    const { leaseSeconds } = this.#settings;
    // These timers do not keep the process alive.
    this.#timers.push(
      setInterval(() => void this.#renew(), (leaseSeconds * 1000) / 3).unref(),
      setInterval(() => void this.#prune(), PRUNE_EVERY_MS).unref(),
    );
  }

  /** Looks for new deliveries to these endpoints immediately, without waiting for the next poll. */
  wake(endpointIds: readonly string[]): void {
    let hasUnclaimed = false;
    for (const endpointId of endpointIds) {
      const running = this.#lanes.get(endpointId);
      if (running === undefined) hasUnclaimed = true;
      else running.lane.wake();
    }
    if (hasUnclaimed) this.#pause.wake();
  }

  /** Starts no more deliveries to a deleted endpoint. */
  forget(endpointId: string): void {
    this.#lanes.get(endpointId)?.lane.end();
  }

  /**
   * Starts no more deliveries and waits for those in progress.
   *
   * @param signal aborts deliveries in progress; they stay due
   */
  async close(signal: AbortSignal): Promise<void> {
    this.#ended = true;
    const cut = () => this.#cut.abort(signal.reason);
    signal.addEventListener("abort", cut, { once: true });
    if (signal.aborted) cut();
    this.#pause.wake();
    for (const { lane } of this.#lanes.values()) lane.end();
    await this.#running;
    await Promise.all([...this.#lanes.values()].map(({ done }) => done));
    // Stops the timers only now, because the leases of deliveries in progress had to be renewed until this
    // point.
    for (const timer of this.#timers) clearInterval(timer);
    signal.removeEventListener("abort", cut);
  }

  async #run(): Promise<void> {
    const { store, onError, pollSeconds, clock } = this.#settings;
    while (!this.#ended) {
      try {
        for (const endpointId of await store.claimEndpoints(this.#lease(), clock.now()))
          this.#open(endpointId);
      } catch (error) {
        onError(error);
      }
      await this.#pause.wait(pollSeconds * 1000);
    }
  }

  #open(endpointId: string): void {
    // The lane's lease expired and this same process claimed the
    // endpoint again, so the lane simply continues.
    if (this.#lanes.has(endpointId)) return;
    const lane = new EndpointLane(endpointId, this.#settings, this.#cut.signal, this.#pause.wakeAt);
    if (this.#ended) lane.end();
    this.#lanes.set(endpointId, { lane, done: this.#runLane(endpointId, lane) });
  }

  async #runLane(endpointId: string, lane: EndpointLane): Promise<void> {
    const { store, worker, onError } = this.#settings;
    try {
      await lane.run();
      await store.releaseEndpoint(worker, endpointId);
    } catch (error) {
      // Does not release the lease but lets it expire, because a retry after the expiry is soon enough.
      onError(error);
    } finally {
      this.#lanes.delete(endpointId);
      // New deliveries may have arrived while the lane was closing.
      this.#pause.wake();
    }
  }

  async #renew(): Promise<void> {
    const { store, onError } = this.#settings;
    if (this.#lanes.size > 0) await store.renewLeases(this.#lease(), [...this.#lanes.keys()]).catch(onError);
  }

  async #prune(): Promise<void> {
    const { store, onError, retentionHours, clock } = this.#settings;
    const before = clock.now() - retentionHours * 3_600_000;
    try {
      // Deletes in several statements: a busy vendor publishes more events
      // per minute than one statement should delete.
      while (
        !this.#ended &&
        (await store.prune(before, clock.now(), MAX_PRUNED_AT_ONCE)) === MAX_PRUNED_AT_ONCE
      );
    } catch (error) {
      onError(error);
    }
  }

  #lease() {
    const { worker, leaseSeconds } = this.#settings;
    return { worker, leaseMs: leaseSeconds * 1000 };
  }
}
