import type { Logger } from "pino";
import type { Integration } from "../binding/integrations.ts";
import type { StoreWriter, SyncOutcome } from "../store/store.ts";
import { poll } from "./poll.ts";

export interface Schedule {
  /** Polls now, or joins the poll that is under way; the next one follows the integration's interval. */
  syncNow(integration: Integration): Promise<SyncOutcome>;
  /**
   * Plans the next poll of an integration.
   *
   * @param lastSyncedAt when the last one ended; `null` where there was none, so that it is due at once
   */
  plan(integration: Integration, lastSyncedAt: Date | null): void;
  /** Ends what is under way and plans nothing more. */
  stop(): Promise<void>;
}

/** Polls move apart by up to this share of their interval, so that they do not all fall together. */
const JITTER = 0.1;

/** Polls each integration in its interval, never twice at once. */
export function createSchedule(writer: StoreWriter, log: Logger): Schedule {
  const stopping = new AbortController();
  const timers = new Map<string, NodeJS.Timeout>();
  const running = new Map<string, Promise<SyncOutcome>>();

  function plan(integration: Integration, lastSyncedAt: Date | null): void {
    if (stopping.signal.aborted) return;
    clearTimeout(timers.get(integration.integrationId));
    // Counted from the last poll and not from now: a server that is often restarted polls all the same.
    const waitedMs = lastSyncedAt ? Date.now() - lastSyncedAt.getTime() : Number.POSITIVE_INFINITY;
    const interval = integration.pollSeconds * 1000 * (1 - JITTER + 2 * JITTER * Math.random());
    const timer = setTimeout(
      () => {
        syncNow(integration).catch((error: unknown) => {
          if (!stopping.signal.aborted) log.error({ err: error }, "a sync could not be recorded");
        });
      },
      Math.max(0, interval - waitedMs),
    );
    timers.set(integration.integrationId, timer);
  }

  async function run(integration: Integration): Promise<SyncOutcome> {
    try {
      const outcome = await poll(integration, writer, stopping.signal);
      log.info({ sync: outcome }, "synced");
      return outcome;
    } finally {
      running.delete(integration.integrationId);
      plan(integration, new Date());
    }
  }

  function syncNow(integration: Integration): Promise<SyncOutcome> {
    const current = running.get(integration.integrationId) ?? run(integration);
    running.set(integration.integrationId, current);
    return current;
  }

  return {
    syncNow,
    plan,
    async stop() {
      stopping.abort();
      for (const timer of timers.values()) clearTimeout(timer);
      await Promise.allSettled(running.values());
    },
  };
}
