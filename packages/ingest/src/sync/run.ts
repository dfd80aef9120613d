import { createVendorClient } from "@convergint/client";
import type { Event } from "@convergint/schemas";
import type { Integration } from "../integrations/integration.ts";
import type { Store } from "../store/store.ts";
import { StoreError } from "../store/store-error.ts";
import type { SyncOutcome, SyncState, WebhookHealth } from "../store/sync-store.ts";
import { type Backfilled, backfill, missingSince, NOTHING_MISSED } from "./backfill.ts";
import { patienceAskedFor, sentenceOf } from "./setback.ts";
import { type SyncPoint, sync } from "./sync.ts";
import { syncWaitSeconds } from "./sync-wait.ts";
import { isOutage } from "./webhook-health.ts";

/** What a turn of an integration takes: its events are fetched where webhooks fail, its inventory is polled. */
export interface RunParts {
  readonly integration: Integration;
  readonly store: Store;
  readonly lease: { readonly name: string; readonly owner: string };
  /** As it was read under the lease; `null` for the first turn. */
  readonly state: SyncState | null;
  readonly webhooks: WebhookHealth;
  /** When the last webhook was taken. */
  readonly takenAt: string | null;
  /** Takes events in that were fetched. @returns how many nobody had known */
  readonly takeEvents: (integrationId: string, events: readonly Event[], receivedAt: Date) => Promise<number>;
  readonly signal: AbortSignal;
}

const START: SyncPoint = { lastFullAt: null, syncToken: null, etag: null, sitesHash: null };

const sentences = (...details: readonly (string | null)[]): string | null =>
  details.filter((detail) => detail !== null).join(" ") || null;

/**
 * Polls an integration once, and remembers how that ended and when to do it again.
 *
 * @throws {VendorClientError} `aborted`, by the signal; then nothing is remembered. A vendor that fails is an outcome.
 * @throws {StoreError} where not even the outcome can be stored, or the lease was lost
 */
export async function run(parts: RunParts): Promise<SyncOutcome> {
  const { integration, store, lease, state, webhooks, takenAt, takeEvents, signal } = parts;
  const { integrationId, baseUrl, credential, pollSeconds, fastPollSeconds } = integration;
  const vendor = createVendorClient({ baseUrl, credential, signal });
  const startedAt = new Date().toISOString();
  // What is owed stays owed until it was fetched once after the outage: what came between the last fetch and the first
  // webhook is in no other.
  const owedSince =
    state?.eventsMissingSince ?? (isOutage(webhooks) ? missingSince(takenAt ?? integration.createdAt) : null);

  async function fetchMissed(): Promise<Backfilled> {
    if (owedSince === null) return NOTHING_MISSED;
    return backfill(vendor, owedSince, (events, receivedAt) => takeEvents(integrationId, events, receivedAt));
  }

  async function poll() {
    try {
      const synced = await sync({ integrationId, vendor, store, lease, state });
      return { ...synced, failed: false, retryAfterSeconds: 0 };
    } catch (error) {
      // The server is stopping, or another process has taken over: that is no failure of the vendor.
      if (signal.aborted || (error instanceof StoreError && error.code !== "write_failed")) throw error;
      const detail = sentenceOf(error);
      const outcome = { outcome: "failed", kind: "full", detail, devices: 0, changes: null } as const;
      const retryAfterSeconds = patienceAskedFor(error);
      return { outcome, point: { ...START, ...state }, failed: true, retryAfterSeconds };
    }
  }

  const missed = await fetchMissed();
  const { outcome, point, failed, retryAfterSeconds } = await poll();
  const finishedAt = new Date().toISOString();
  const finished: SyncOutcome = {
    ...outcome,
    integrationId,
    startedAt,
    finishedAt,
    detail: sentences(outcome.detail, missed.detail),
  };
  const failures = failed ? (state?.failures ?? 0) + 1 : 0;
  const waitSeconds = syncWaitSeconds({
    intervalSeconds: isOutage(webhooks) ? fastPollSeconds : pollSeconds,
    failures,
    retryAfterSeconds: Math.max(retryAfterSeconds, missed.retryAfterSeconds),
    random: Math.random(),
  });
  await store.syncs.record(finished);
  await store.syncs.saveState({
    integrationId,
    nextAt: new Date(Date.parse(finishedAt) + waitSeconds * 1000).toISOString(),
    failures,
    lastCompleteAt: failed ? (state?.lastCompleteAt ?? null) : finishedAt,
    lastFullAt: point.lastFullAt,
    syncToken: point.syncToken,
    etag: point.etag,
    sitesHash: point.sitesHash,
    eventsMissingSince: missed.failed || isOutage(webhooks) ? (missed.to ?? owedSince) : null,
    webhooks,
  });
  return finished;
}
