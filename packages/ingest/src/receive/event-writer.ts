import { createGroupCommit, type GroupCommit } from "@convergint/internal/group-commit";
import type { AcceptedEvent, EventOutcome } from "../domain/event.ts";
import type { Metrics } from "../observe/metrics.ts";
import { traced } from "../observe/traces.ts";
import type { Store } from "../store/store.ts";

/**
 * Limits of the receive path's group commit; 1,024 rows or 1 MiB keep a commit short. SQLite's writer merges
 * commits into transactions of about 4,096 rows (store/sqlite/writer-main.ts); PostgreSQL runs two commits at
 * a time. Beyond 64 MiB of events waiting for a commit, senders get `503`.
 */
export const COMMIT_LIMITS = {
  maxItems: 1024,
  maxBytes: 1024 * 1024,
  maxWaitingItems: 20_000,
  maxWaitingBytes: 64 * 1024 * 1024,
};

/** Makes events durable in shared commits, and counts them by outcome. */
export class EventWriter {
  readonly #metrics: Metrics;
  readonly #group: GroupCommit<AcceptedEvent, EventOutcome>;
  /**
   * Caches a counter per integration and outcome: looking up a counter by its labels costs as much as parsing
   * an event.
   */
  readonly #counters = new Map<string, { inc(times?: number): void }>();

  /** @param isFatal whether an error would fail every other batch too */
  constructor(
    { events, commitsAtOnce }: Pick<Store, "events" | "commitsAtOnce">,
    metrics: Metrics,
    isFatal: (error: unknown) => boolean,
  ) {
    this.#metrics = metrics;
    this.#group = createGroupCommit({
      commit: (batch) => this.#commit(events, batch),
      isFatal,
      maxConcurrent: commitsAtOnce,
      ...COMMIT_LIMITS,
    });
  }

  /** Stores one event. Resolves after the event is stored durably. @throws {QueueFullError}, {StoreError} */
  async write(event: AcceptedEvent): Promise<EventOutcome> {
    const outcome = await this.#group.submit(event, event.body.length);
    this.count(event.integrationId, outcome);
    return outcome;
  }

  count(integration_id: string, outcome: EventOutcome | "refused" | "unmapped", times = 1): void {
    const key = `${outcome} ${integration_id}`;
    const counter = this.#counters.get(key) ?? this.#metrics.events.labels({ integration_id, outcome });
    this.#counters.set(key, counter);
    counter.inc(times);
  }

  /** How many events wait for a commit to start. */
  depth(): number {
    return this.#group.depth();
  }

  drained(): Promise<void> {
    return this.#group.drained();
  }

  async #commit(store: Store["events"], events: readonly AcceptedEvent[]): Promise<readonly EventOutcome[]> {
    const stop = this.#metrics.commitSeconds.startTimer();
    const { outcomes, late } = await traced("commit", { "events.count": events.length }, () =>
      store.commit(events),
    );
    stop();
    this.#metrics.commitEvents.observe(events.length);
    this.#metrics.lateObservations.inc(late);
    return outcomes;
  }
}
