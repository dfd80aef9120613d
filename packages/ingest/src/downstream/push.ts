import { randomUUID } from "node:crypto";
import type { SecretBox } from "@convergint/internal/secret-box";
import type { Logger } from "pino";
import { type Clock, repeat } from "../clock.ts";
import type { Report } from "../maintain/database-state.ts";
import { isOutage, type Store } from "../store/store.ts";
import { SubscriberDelivery } from "./subscriber-delivery.ts";

const LOOK_MS = 500;
/** The wait after the first failed delivery. It doubles with each consecutive failure, up to the maximum. */
const MIN_WAIT_MS = 1000;
const MAX_WAIT_MS = 300_000;

interface Failing {
  /** The number of consecutive failures. */
  readonly failures: number;
  /** When to try again, in Unix milliseconds. */
  readonly until: number;
}

/** Says why a delivery failed. `fetch` gives the reason, such as a refused address, as the cause of its error. */
function describeCause(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  if (!(cause instanceof Error)) return error.message;
  // If a host has several addresses and none answers, the error has a code but no message.
  return cause.message || ("code" in cause ? String(cause.code) : error.message);
}

/**
 * Posts changes to subscribers, in order and at least once. Processes that share a store use leases to divide
 * the subscribers. A failing subscriber is retried later, delays no other subscriber, and misses no change
 * that is still stored.
 */
export class Push {
  readonly #store: Store;
  readonly #log: Logger;
  readonly #report: Report;
  readonly #clock: Clock;
  readonly #delivery: SubscriberDelivery;
  readonly #stopping = new AbortController();
  readonly #running = new Map<string, Promise<void>>();
  readonly #failing = new Map<string, Failing>();
  #looking: Promise<void> = Promise.resolve();

  /** @param guardedFetch connects only to addresses that subscribers may have */
  constructor(
    store: Store,
    box: SecretBox,
    guardedFetch: typeof fetch,
    log: Logger,
    report: Report,
    clock: Clock,
  ) {
    this.#store = store;
    this.#log = log;
    this.#report = report;
    this.#clock = clock;
    this.#delivery = new SubscriberDelivery(store, box, guardedFetch, randomUUID(), this.#stopping.signal);
  }

  start(): void {
    this.#looking = repeat(this.#clock, LOOK_MS, this.#stopping.signal, () =>
      this.#look().catch((error: unknown) => this.#report(error, "could not read the subscribers")),
    );
  }

  /**
   * Aborts running deliveries. After the next start, changes that a subscriber has not accepted are delivered
   * again.
   */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#looking;
    await Promise.allSettled(this.#running.values());
  }

  async #look(): Promise<void> {
    for (const { subscriberId } of await this.#store.changes.subscribers()) {
      const isWaiting = (this.#failing.get(subscriberId)?.until ?? 0) > this.#clock.now();
      if (isWaiting || this.#running.has(subscriberId) || this.#stopping.signal.aborted) continue;
      const delivery = this.#delivery
        .deliverAll(subscriberId, () => this.#failing.delete(subscriberId))
        .catch((error: unknown) => this.#delay(subscriberId, error))
        .finally(() => this.#running.delete(subscriberId));
      this.#running.set(subscriberId, delivery);
    }
  }

  #delay(subscriberId: string, error: unknown): void {
    if (this.#stopping.signal.aborted) return;
    // The subscriber is not the cause, so its next delivery is not delayed.
    if (isOutage(error)) {
      this.#report(error, "");
      return;
    }
    const failures = (this.#failing.get(subscriberId)?.failures ?? 0) + 1;
    const waitMs = Math.min(MAX_WAIT_MS, MIN_WAIT_MS * 2 ** (failures - 1));
    this.#failing.set(subscriberId, { failures, until: this.#clock.now() + waitMs });
    const why = describeCause(error);
    this.#log.warn(
      { subscriber: subscriberId, failures, why },
      "a subscriber did not accept changes; retrying later",
    );
  }
}
