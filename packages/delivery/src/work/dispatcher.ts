import { EndpointLane } from "./endpoint-lane.ts";
import { createPause, type Pause } from "./pause.ts";
import type { WorkSettings } from "./settings.ts";

const PRUNE_EVERY_MS = 60_000;
const MOST_PRUNED_AT_ONCE = 5_000;

/** The work of this process: it takes endpoints that have something to do, and gives each a lane. */
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
    // None of them is a reason for the process to live on.
    this.#timers.push(
      setInterval(() => void this.#renew(), (leaseSeconds * 1000) / 3).unref(),
      setInterval(() => void this.#prune(), PRUNE_EVERY_MS).unref(),
    );
  }

  /** There is something new for these endpoints. */
  wake(endpointIds: readonly string[]): void {
    let isForOthers = false;
    for (const endpointId of endpointIds) {
      const running = this.#lanes.get(endpointId);
      if (running === undefined) isForOthers = true;
      else running.lane.wake();
    }
    if (isForOthers) this.#pause.wake();
  }

  /** This endpoint is gone: begins nothing more to it. */
  forget(endpointId: string): void {
    this.#lanes.get(endpointId)?.lane.end();
  }

  /**
   * Begins nothing more, and waits for what is under way.
   *
   * @param signal cuts what is under way; it stays due
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
    // Until here leases had to be renewed.
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
    // Its lease had run out, and nobody else was quicker: the lane goes on.
    if (this.#lanes.has(endpointId)) return;
    const lane = new EndpointLane(endpointId, this.#settings, this.#cut.signal);
    if (this.#ended) lane.end();
    this.#lanes.set(endpointId, { lane, done: this.#runLane(endpointId, lane) });
  }

  async #runLane(endpointId: string, lane: EndpointLane): Promise<void> {
    const { store, worker, onError } = this.#settings;
    try {
      await lane.run();
      await store.releaseEndpoint(worker, endpointId);
    } catch (error) {
      // The lease runs out by itself, and that is soon enough to try again.
      onError(error);
    } finally {
      this.#lanes.delete(endpointId);
      // What came while the lane was closing.
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
      // A busy vendor publishes more in a minute than one statement should delete.
      while (
        !this.#ended &&
        (await store.prune(before, clock.now(), MOST_PRUNED_AT_ONCE)) === MOST_PRUNED_AT_ONCE
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
