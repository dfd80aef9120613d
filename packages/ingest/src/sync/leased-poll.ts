import type { Logger } from "pino";
import type { Clock } from "../clock.ts";
import { createFaultCollector } from "../domain/fault.ts";
import type { Integration } from "../integrations/integration.ts";
import type { Integrations } from "../integrations/integrations.ts";
import { adoptNextKey } from "../integrations/rotate-key.ts";
import type { Report } from "../maintain/database-state.ts";
import type { Metrics } from "../observe/metrics.ts";
import { traced } from "../observe/traces.ts";
import type { Store } from "../store/store.ts";
import type { SyncOutcome } from "../store/sync-store.ts";
import { assessIntegration } from "./due.ts";
import { createWordCounter } from "./listing.ts";
import { run, type StoreFetchedEvents } from "./run.ts";

/** The dependencies of polling. */
export interface PollParts {
  readonly store: Store;
  readonly integrations: Integrations;
  readonly metrics: Metrics;
  readonly log: Logger;
  readonly report: Report;
  readonly takeEvents: StoreFetchedEvents;
  readonly clock: Clock;
}

/** Polls integrations on behalf of one process, which takes a lease per integration. */
export class LeasedPoll {
  readonly #parts: PollParts;
  readonly #owner: string;
  readonly #stopping: AbortSignal;

  /** @param stopping ends every poll */
  constructor(parts: PollParts, owner: string, stopping: AbortSignal) {
    this.#parts = parts;
    this.#owner = owner;
    this.#stopping = stopping;
  }

  /**
   * Polls an integration if it is due.
   *
   * @param force whether to poll the integration even if it is not due
   * @param beforePage awaited before each page of a listing
   * @returns `null` if another process holds the lease, or the integration is not due
   */
  async poll(
    integration: Integration,
    force: boolean,
    beforePage: () => Promise<void> = async () => {},
  ): Promise<SyncOutcome | null> {
    const { leases } = this.#parts.store;
    const name = `sync:${integration.integrationId}`;
    if (!(await leases.take(name, this.#owner, LEASE_SECONDS))) return null;
    try {
      const outcome = await this.#pollUnderLease(integration, name, force, beforePage);
      if (outcome) this.#report(outcome);
      return outcome;
    } finally {
      await leases.release(name, this.#owner);
    }
  }

  async #pollUnderLease(
    integration: Integration,
    name: string,
    force: boolean,
    beforePage: () => Promise<void>,
  ): Promise<SyncOutcome | null> {
    const { store, integrations, takeEvents, clock, log } = this.#parts;
    const { integrationId } = integration;
    const [state, webhooks] = await Promise.all([
      store.syncs.state(integrationId),
      store.syncs.lastWebhooks(),
    ]);
    const now = new Date(clock.now()).toISOString();
    const situation = assessIntegration(integration, state, webhooks.get(integrationId), now);
    if (!situation.isDue && !force) return null;

    const lease = { name, owner: this.#owner };
    const isEnabled = async () => (await integrations.refresh(integrationId))?.disabledAt === null;
    const renewal = renewLease(store.leases, lease, clock, isEnabled);
    const signal = AbortSignal.any([this.#stopping, renewal.lost]);
    try {
      const current = await adoptNextKey(integrations, integration, signal);
      if (current.nextKey !== integration.nextKey)
        log.info({ integrationId }, "the vendor accepts the new key");
      const { baseUrl, credential, profile, allowHosts } = current;
      const byProfile = { faults: createFaultCollector(), words: createWordCounter(integrationId) };
      const vendor = integrations.connect({
        baseUrl,
        credential,
        profile,
        allowHosts,
        signal,
        beforePage,
        onFault: byProfile.faults.add,
        onUnmapped: ({ kind, word }) => byProfile.words.add(kind, word),
      });
      const parts = { integration: current, vendor, byProfile, store, lease, takeEvents, signal, clock };
      return await traced("sync", { "integration.id": integrationId }, () => run({ ...parts, ...situation }));
    } finally {
      await renewal.end();
    }
  }

  #report(outcome: SyncOutcome): void {
    const { metrics, log } = this.#parts;
    const { integrationId, changes, faults } = outcome;
    const { count = 0, setAside = 0 } = faults ?? {};
    metrics.syncs.inc({ integration_id: integrationId, outcome: outcome.outcome });
    metrics.correctedStatuses.inc({ integration_id: integrationId }, changes?.corrected ?? 0);
    const labels = { integration_id: integrationId, source: "listing" };
    metrics.faults.inc({ ...labels, effect: "dropped" }, count - setAside);
    metrics.faults.inc({ ...labels, effect: "set_aside" }, setAside);
    const needsAttention = outcome.outcome === "failed" || count > 0;
    log[needsAttention ? "warn" : "info"]({ sync: { ...outcome, faults: { count, setAside } } }, "synced");
  }
}

/** If a process dies, another process takes over after this time. */
const LEASE_SECONDS = 30;
const RENEW_MS = 10_000;

/** A lease that is renewed until `end` is called. */
interface LeaseRenewal {
  /** The signal that is aborted when another process has taken the lease, or the integration is disabled. */
  readonly lost: AbortSignal;
  /**
   * Stops renewing. Resolves when no renewal is pending, so that a late renewal cannot retake a lease that
   * was released.
   */
  end(): Promise<void>;
}

/** Keeps renewing a lease that this owner has taken, for as long as the integration is enabled. */
function renewLease(
  leases: Store["leases"],
  { name, owner }: { readonly name: string; readonly owner: string },
  clock: Clock,
  isEnabled: () => Promise<boolean>,
): LeaseRenewal {
  const lost = new AbortController();
  const ended = new AbortController();

  async function renew(): Promise<void> {
    for (;;) {
      await clock.sleep(RENEW_MS, ended.signal);
      if (ended.signal.aborted) return;
      const renew = async () => (await isEnabled()) && (await leases.take(name, owner, LEASE_SECONDS));
      if (await renew().catch(() => false)) continue;
      lost.abort();
      return;
    }
  }

  const renewing = renew();
  return {
    lost: lost.signal,
    async end() {
      ended.abort();
      await renewing;
    },
  };
}
