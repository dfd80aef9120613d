import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { VendorClientError } from "@convergint/client";
import type { Event } from "@convergint/schemas";
import type { Logger } from "pino";
import type { Integration } from "../integrations/integration.ts";
import type { Integrations } from "../integrations/integrations.ts";
import type { Metrics } from "../observe/metrics.ts";
import { traced } from "../observe/traces.ts";
import type { Store } from "../store/store.ts";
import { StoreError } from "../store/store-error.ts";
import type { SyncOutcome } from "../store/sync-store.ts";
import { run } from "./run.ts";
import { webhookHealth } from "./webhook-health.ts";

/** Polls each integration when it is due, in whichever process has its lease. */
export interface Schedule {
  /** Polls now; or waits for the poll that is under way, here or in another process, and tells how that ended. */
  syncNow(integrationId: string): Promise<SyncOutcome>;
  /** Begins to look for what is due. */
  start(): void;
  /** Ends what is under way and begins nothing more. What was due stays due. */
  stop(): Promise<void>;
}

/** What a schedule works with. */
export interface ScheduleParts {
  readonly store: Store;
  readonly integrations: Integrations;
  readonly metrics: Metrics;
  readonly log: Logger;
  /** Takes events in that were fetched. @returns how many nobody had known */
  readonly takeEvents: (integrationId: string, events: readonly Event[], receivedAt: Date) => Promise<number>;
}

/** How often somebody looks for what is due. */
const LOOK_MS = 1000;
/** When a process dies, another takes over after so long. */
const LEASE_SECONDS = 30;
const RENEW_MS = 10_000;
/** More at once would starve the webhooks of this process. */
const MOST_AT_ONCE = 4;
/** How often is looked whether another process has ended its poll. */
const WAIT_MS = 250;

export function createSchedule(parts: ScheduleParts): Schedule {
  const { store, integrations, metrics, log, takeEvents } = parts;
  const owner = randomUUID();
  const stopping = new AbortController();
  const running = new Map<string, Promise<SyncOutcome | null>>();

  /** Looks at an integration under its lease. @param anyway whether it is polled though it is not due */
  async function turn(integration: Integration, name: string, anyway: boolean): Promise<SyncOutcome | null> {
    const { integrationId, silenceSeconds, createdAt } = integration;
    const [state, lasts] = await Promise.all([store.syncs.state(integrationId), store.syncs.lastWebhooks()]);
    const { takenAt = null, refusedAt = null } = lasts.get(integrationId) ?? {};
    const now = new Date().toISOString();
    const signs = { silenceSeconds, createdAt, takenAt, refusedAt };
    const webhooks = webhookHealth(signs, state?.webhooks ?? null, now);
    const isDue = !state || state.nextAt <= now || state.webhooks.state !== webhooks.state;
    if (!isDue && !anyway) return null;

    const lost = new AbortController();
    let renewed: Promise<unknown> = Promise.resolve();
    const renewal = setInterval(() => {
      renewed = store.leases.take(name, owner, LEASE_SECONDS).then(
        (has) => has || lost.abort(),
        () => lost.abort(),
      );
    }, RENEW_MS);
    try {
      return await traced("sync", { "integration.id": integrationId }, () =>
        run({
          integration,
          store,
          lease: { name, owner },
          state,
          webhooks,
          takenAt,
          takeEvents,
          signal: AbortSignal.any([stopping.signal, lost.signal]),
        }),
      );
    } finally {
      clearInterval(renewal);
      // One that is under way must not take the lease again after it was given back.
      await renewed;
    }
  }

  function tell(outcome: SyncOutcome): void {
    const { integrationId, changes } = outcome;
    metrics.syncs.inc({ integration_id: integrationId, outcome: outcome.outcome });
    metrics.correctedStatuses.inc({ integration_id: integrationId }, changes?.corrected ?? 0);
    log[outcome.outcome === "failed" ? "warn" : "info"]({ sync: outcome }, "synced");
  }

  /** @returns `null` where another process has the lease, or nothing was due */
  async function underLease(integration: Integration, anyway: boolean): Promise<SyncOutcome | null> {
    const name = `sync:${integration.integrationId}`;
    if (!(await store.leases.take(name, owner, LEASE_SECONDS))) return null;
    try {
      const outcome = await turn(integration, name, anyway);
      if (outcome) tell(outcome);
      return outcome;
    } finally {
      await store.leases.release(name, owner);
    }
  }

  /** One turn of an integration at a time: a second one joins it. */
  function once(integration: Integration, anyway: boolean): Promise<SyncOutcome | null> {
    const { integrationId } = integration;
    const known = running.get(integrationId);
    if (known) return known;
    const started = underLease(integration, anyway).finally(() => running.delete(integrationId));
    running.set(integrationId, started);
    return started;
  }

  /** The server is stopping, or another process has taken over: what was due is due there. */
  const isEnded = (error: unknown): boolean =>
    stopping.signal.aborted ||
    (error instanceof VendorClientError && error.code === "aborted") ||
    (error instanceof StoreError && error.code === "lease_lost");

  async function look(): Promise<void> {
    const [all, states, lasts] = await Promise.all([
      integrations.all(),
      store.syncs.states(),
      store.syncs.lastWebhooks(),
    ]);
    const now = new Date().toISOString();
    const stateOf = new Map(states.map((state) => [state.integrationId, state]));
    const due = all.filter((integration) => {
      const state = stateOf.get(integration.integrationId);
      if (!state || state.nextAt <= now) return true;
      const { takenAt = null, refusedAt = null } = lasts.get(integration.integrationId) ?? {};
      const signs = { ...integration, takenAt, refusedAt };
      return webhookHealth(signs, state.webhooks, now).state !== state.webhooks.state;
    });
    const nextAt = ({ integrationId }: Integration) => stateOf.get(integrationId)?.nextAt ?? "";
    // The longest overdue first.
    for (const integration of due.toSorted((a, b) => (nextAt(a) < nextAt(b) ? -1 : 1))) {
      if (running.size >= MOST_AT_ONCE || stopping.signal.aborted) break;
      if (running.has(integration.integrationId)) continue;
      once(integration, false).catch((error: unknown) => {
        if (!isEnded(error)) log.error({ err: error }, "a sync could not be recorded");
      });
    }
  }

  let timer: NodeJS.Timeout | undefined;
  let looking: Promise<void> = Promise.resolve();
  function tick(): void {
    looking = look()
      .catch((error: unknown) => log.error({ err: error }, "what is due could not be looked up"))
      .finally(() => {
        if (!stopping.signal.aborted) timer = setTimeout(tick, LOOK_MS);
      });
  }

  async function syncNow(integrationId: string): Promise<SyncOutcome> {
    const askedAt = new Date().toISOString();
    for (;;) {
      const integration = await integrations.refresh(integrationId);
      if (!integration || stopping.signal.aborted) {
        throw new VendorClientError("aborted", "The sync was not made: the server is stopping.");
      }
      const outcome = await once(integration, true);
      if (outcome) return outcome;
      // Another process polls. How that ended is looked for before the lease is tried again: else it is polled twice.
      await sleep(WAIT_MS);
      const [last] = await store.syncs.outcomes(integrationId, 1);
      if (last && last.finishedAt >= askedAt) return last;
    }
  }

  return {
    syncNow,
    start() {
      timer = setTimeout(tick, 0);
    },
    async stop() {
      stopping.abort();
      clearTimeout(timer);
      await looking;
      await Promise.allSettled(running.values());
    },
  };
}
