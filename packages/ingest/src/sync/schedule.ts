import { randomUUID } from "node:crypto";
import { VendorClientError } from "@convergint/client";
import { repeat } from "../clock.ts";
import type { Integration } from "../integrations/integration.ts";
import { StoreError } from "../store/store.ts";
import type { SyncOutcome } from "../store/sync-store.ts";
import { assessIntegration } from "./due.ts";
import { LeasedPoll, type PollParts } from "./leased-poll.ts";
import { createTurns, type Turn, type Turns } from "./turns.ts";

/** How often the schedule checks which integrations are due. */
const LOOK_MS = 1000;
/** The maximum number of polls that work at the same time. More would slow down the webhooks that this process receives. */
const MAX_POLLS = 4;
/** How long a poll may work while others wait. It then waits in turn, between two pages of its listing. */
const SHARE_MS = 5000;
/** How often `syncNow` checks whether another process has finished its poll. */
const WAIT_MS = 250;

/** Polls each integration when it is due. Processes that share a store use leases to divide the work. */
export class Schedule {
  readonly #parts: PollParts;
  readonly #leasedPoll: LeasedPoll;
  readonly #stopping = new AbortController();
  readonly #running = new Map<string, Promise<SyncOutcome | null>>();
  readonly #turns: Turns;
  /** The integrations that are due and wait for their first turn. */
  readonly #waiting = new Set<string>();
  #looking: Promise<void> = Promise.resolve();

  constructor(parts: PollParts) {
    this.#parts = parts;
    this.#leasedPoll = new LeasedPoll(parts, randomUUID(), this.#stopping.signal);
    this.#turns = createTurns(MAX_POLLS, SHARE_MS, parts.clock.now);
  }

  /** Starts to check which integrations are due. */
  start(): void {
    const { clock, report } = this.#parts;
    this.#looking = repeat(clock, LOOK_MS, this.#stopping.signal, () =>
      this.#look().catch((error: unknown) => report(error, "could not check which integrations are due")),
    );
  }

  /** Aborts running polls and starts no further ones. Integrations that are due stay due. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#looking;
    await Promise.allSettled(this.#running.values());
  }

  /**
   * Polls an integration now, or waits for a poll that is already running, here or in another process.
   *
   * @throws {VendorClientError} `aborted` if the server stops first
   */
  async syncNow(integrationId: string): Promise<SyncOutcome> {
    const { store, integrations, clock } = this.#parts;
    const { signal } = this.#stopping;
    const askedAt = new Date(clock.now()).toISOString();
    for (;;) {
      const integration = await integrations.refresh(integrationId);
      if (!integration || signal.aborted) {
        throw new VendorClientError("aborted", "The sync was cancelled because the server is stopping.");
      }
      const outcome = await this.#poll(integration, true);
      if (outcome) return outcome;
      // Another process is polling. Reads the outcome of that poll before trying to take the lease again.
      // Otherwise, the vendor would be polled twice.
      await clock.sleep(WAIT_MS, signal);
      const [last] = await store.syncs.outcomes(integrationId, 1);
      if (last && last.finishedAt >= askedAt) return last;
    }
  }

  /** Joins the integration's running poll, or starts one. */
  #poll(integration: Integration, force: boolean, turn?: Turn): Promise<SyncOutcome | null> {
    const { integrationId } = integration;
    const running = this.#running.get(integrationId);
    if (running) return running;
    const started = this.#leasedPoll
      .poll(integration, force, turn?.next)
      .finally(() => this.#running.delete(integrationId));
    this.#running.set(integrationId, started);
    return started;
  }

  /** Polls an integration when it is its turn. A poll that a caller requests does not wait for a turn. */
  async #pollInTurn(integrationId: string): Promise<void> {
    this.#waiting.add(integrationId);
    const turn = await this.#turns.take(this.#stopping.signal);
    try {
      const integration = await this.#parts.integrations.refresh(integrationId);
      this.#waiting.delete(integrationId);
      if (integration && !this.#stopping.signal.aborted) await this.#poll(integration, false, turn);
    } finally {
      this.#waiting.delete(integrationId);
      turn.end();
    }
  }

  /** Finds the integrations that are due, the longest overdue first. */
  async #findDue(): Promise<readonly Integration[]> {
    const { store, integrations, clock } = this.#parts;
    const [all, states, webhooks] = await Promise.all([
      integrations.all(),
      store.syncs.states(),
      store.syncs.lastWebhooks(),
    ]);
    const now = new Date(clock.now()).toISOString();
    const stateOf = new Map(states.map((state) => [state.integrationId, state]));
    const nextAt = ({ integrationId }: Integration) => stateOf.get(integrationId)?.nextAt ?? "";
    return all
      .filter((integration) => {
        const { integrationId } = integration;
        const state = stateOf.get(integrationId) ?? null;
        const isDue = assessIntegration(integration, state, webhooks.get(integrationId), now).isDue;
        return isDue && integration.disabledAt === null;
      })
      .sort((a, b) => (nextAt(a) < nextAt(b) ? -1 : 1));
  }

  async #look(): Promise<void> {
    const { report } = this.#parts;
    for (const { integrationId } of await this.#findDue()) {
      // Counts only those that wait for their first turn. Therefore polls that never end do not keep others out.
      if (this.#waiting.size >= MAX_POLLS || this.#stopping.signal.aborted) break;
      if (this.#running.has(integrationId) || this.#waiting.has(integrationId)) continue;
      this.#pollInTurn(integrationId).catch((error: unknown) => {
        if (!this.#isExpected(error)) report(error, "a sync could not be recorded");
      });
    }
  }

  /** Whether a poll ended because the server is stopping or another process took over. */
  #isExpected(error: unknown): boolean {
    return (
      this.#stopping.signal.aborted ||
      (error instanceof VendorClientError && error.code === "aborted") ||
      (error instanceof StoreError && error.code === "lease_lost")
    );
  }
}
