import type { VendorClient } from "@convergint/client";
import type { Event } from "@convergint/schemas";
import type { Clock } from "../clock.ts";
import {
  createFaultCollector,
  describeFaults,
  type Fault,
  type FaultCollector,
  type FaultReport,
  mergeFaults,
  NO_FAULTS,
} from "../domain/fault.ts";
import type { Integration } from "../integrations/integration.ts";
import type { Store } from "../store/store.ts";
import type { SyncOutcome, SyncState, WebhookHealth } from "../store/sync-store.ts";
import {
  type BackfillResult,
  backfill,
  getBackfillStart,
  NOTHING_MISSED,
  type StoreEvents,
} from "./backfill.ts";
import { computeSyncWait, isOutage } from "./due.ts";
import { describeError, getRetryAfterSeconds, isStoreLost } from "./failure.ts";
import type { createWordCounter } from "./listing.ts";
import { type SyncPoint, sync } from "./sync.ts";

/**
 * Stores events that were fetched instead of delivered by webhook.
 *
 * @param onFault receives what is wrong with an event, whether it was stored or not
 * @returns how many were new
 */
export type StoreFetchedEvents = (
  integrationId: string,
  events: readonly Event[],
  receivedAt: Date,
  onFault: (fault: Fault) => void,
) => Promise<number>;

/** The dependencies of one poll of an integration. */
export interface RunParts {
  readonly integration: Integration;
  /** A client whose calls the signal aborts. */
  readonly vendor: VendorClient;
  /** What a profile could not map while the client read the vendor. Empty for a vendor without a profile. */
  readonly byProfile: {
    readonly faults: Pick<FaultCollector, "report">;
    readonly words: Pick<ReturnType<typeof createWordCounter>, "all">;
  };
  readonly store: Store;
  readonly lease: { readonly name: string; readonly owner: string };
  /** The state, read under the lease; `null` for the first poll. */
  readonly state: SyncState | null;
  readonly webhooks: WebhookHealth;
  /** When the last webhook was accepted. */
  readonly takenAt: string | null;
  readonly takeEvents: StoreFetchedEvents;
  readonly signal: AbortSignal;
  readonly clock: Pick<Clock, "now">;
}

const START: SyncPoint = { lastFullAt: null, syncToken: null, etag: null, sitesHash: null };

const joinDetails = (...details: readonly (string | null)[]): string | null =>
  details.filter((detail) => detail !== null).join(" ") || null;

/**
 * Polls the inventory. A failure of the vendor is an outcome. A stop of the server or the loss of the lease
 * is an error.
 */
async function poll(parts: RunParts, earlierFaults: FaultReport) {
  const { integration, state, signal } = parts;
  try {
    const synced = await sync({ ...parts, earlierFaults, integrationId: integration.integrationId });
    const { egress_ip_ranges: egressIpRanges = null } = await parts.vendor.manifest();
    return { ...synced, egressIpRanges, failed: false, retryAfterSeconds: 0 };
  } catch (error) {
    if (signal.aborted || isStoreLost(error)) throw error;
    const detail = describeError(error);
    const outcome = {
      outcome: "failed",
      kind: "full",
      detail,
      devices: 0,
      changes: null,
      faults: null,
    } as const;
    const retryAfterSeconds = getRetryAfterSeconds(error);
    const { egressIpRanges = null } = state ?? {};
    return { outcome, point: { ...START, ...state }, egressIpRanges, failed: true, retryAfterSeconds };
  }
}

/** Says that firewalls which admit only the vendor's webhooks need a change. */
function describeEgress(
  before: readonly string[] | null | undefined,
  now: readonly string[] | null,
): string | null {
  if (!before || JSON.stringify(before) === JSON.stringify(now)) return null;
  return `The vendor's webhooks now come from ${now?.join(", ") ?? "addresses that its manifest no longer names"}. Update firewalls that admit only ${before.join(", ")}.`;
}

async function fetchMissed(
  { integration, vendor, takeEvents, clock }: RunParts,
  since: string | null,
  onFault: (fault: Fault) => void,
): Promise<BackfillResult> {
  if (since === null) return NOTHING_MISSED;
  const store: StoreEvents = (events) =>
    takeEvents(integration.integrationId, events, new Date(clock.now()), onFault);
  return backfill(vendor, since, store, onFault);
}

/**
 * Polls an integration once, records the outcome and schedules the next poll. Fetches missed events if
 * webhooks fail.
 *
 * @throws {VendorClientError} `aborted` if the signal is aborted; nothing is then recorded
 * @throws {StoreError} if the outcome cannot be stored, or the lease was lost
 */
export async function run(parts: RunParts): Promise<SyncOutcome> {
  const { integration, store, state, webhooks, takenAt, clock } = parts;
  const { integrationId, pollSeconds, fastPollSeconds } = integration;
  const startedAt = new Date(clock.now()).toISOString();
  // Runs one more backfill after an outage, because no other backfill would fetch the events between the last
  // backfill and the first webhook.
  const missingSince =
    state?.eventsMissingSince ??
    (isOutage(webhooks) ? getBackfillStart(takenAt ?? integration.createdAt) : null);

  const eventFaults = createFaultCollector();
  const missed = await fetchMissed(parts, missingSince, eventFaults.add);
  const [previous] = await store.syncs.outcomes(integrationId, 1);
  const { outcome, point, egressIpRanges, failed, retryAfterSeconds } = await poll(
    parts,
    previous?.faults ?? NO_FAULTS,
  );
  const found = mergeFaults(outcome.faults ?? NO_FAULTS, parts.byProfile.faults.report());
  const faults = mergeFaults(found, eventFaults.report());
  const finishedAt = new Date(clock.now()).toISOString();
  const words = parts.byProfile.words.all();
  if (words.length > 0) await store.mappings.countUnmapped(words, finishedAt);
  const finished: SyncOutcome = {
    ...outcome,
    integrationId,
    startedAt,
    finishedAt,
    faults: failed && faults.count === 0 ? null : faults,
    detail: joinDetails(
      outcome.detail,
      describeFaults(faults),
      missed.detail,
      describeEgress(state?.egressIpRanges, egressIpRanges),
    ),
  };
  const failures = failed ? (state?.failures ?? 0) + 1 : 0;
  const waitSeconds = computeSyncWait({
    intervalSeconds: isOutage(webhooks) ? fastPollSeconds : pollSeconds,
    failures,
    retryAfterSeconds: Math.max(retryAfterSeconds, missed.retryAfterSeconds),
    random: Math.random(),
  });
  await store.syncs.record(finished);
  await store.syncs.saveState({
    integrationId,
    nextAt: new Date(Date.parse(finishedAt) + waitSeconds * 1000).toISOString(),
    waitSeconds,
    failures,
    lastCompleteAt: failed ? (state?.lastCompleteAt ?? null) : finishedAt,
    lastFullAt: point.lastFullAt,
    syncToken: point.syncToken,
    etag: point.etag,
    sitesHash: point.sitesHash,
    eventsMissingSince: missed.failed || isOutage(webhooks) ? (missed.to ?? missingSince) : null,
    webhooks,
    egressIpRanges,
  });
  return finished;
}
