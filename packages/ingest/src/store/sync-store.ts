import type { FaultReport } from "../domain/fault.ts";
import type { SyncCounts } from "../domain/inventory.ts";

export interface SyncOutcome {
  readonly integrationId: string;
  readonly startedAt: string;
  readonly finishedAt: string;
  /** `unchanged`: the vendor answered 304, or nothing differed. */
  readonly outcome: "complete" | "unchanged" | "removals_held" | "failed";
  readonly kind: "full" | "incremental";
  /** A human-readable sentence; `null` if there is nothing to explain. */
  readonly detail: string | null;
  /** How many devices were read. */
  readonly devices: number;
  readonly changes: SyncCounts | null;
  /** What was wrong with the vendor's records; absent in outcomes of failed syncs and of earlier versions. */
  readonly faults?: FaultReport | null;
}

/** Whether webhooks arrive as expected. */
export interface WebhookHealth {
  readonly state: "ok" | "silent" | "refused" | "not_expected";
  readonly since: string;
  /** A human-readable sentence; `null` if all is well. */
  readonly detail: string | null;
}

/** The state of an integration's syncs, from which any process can continue. */
export interface SyncState {
  readonly integrationId: string;
  readonly nextAt: string;
  /** How long the wait until `nextAt` was when it began. */
  readonly waitSeconds: number;
  /** The number of consecutive failures; each failure makes the next wait longer. */
  readonly failures: number;
  readonly lastCompleteAt: string | null;
  readonly lastFullAt: string | null;
  /** Token for the next incremental listing. */
  readonly syncToken: string | null;
  readonly etag: string | null;
  /** Hash of the vendor's sites, to detect changes. */
  readonly sitesHash: string | null;
  /**
   * The time, by the vendor's clock, since which events may be missing. A backfill is then due. `null` if no
   * events are missing.
   */
  readonly eventsMissingSince: string | null;
  readonly webhooks: WebhookHealth;
  /** The addresses that the vendor's webhooks come from, by its manifest; absent or `null` if it names none. */
  readonly egressIpRanges?: readonly string[] | null;
}

export interface SyncStore {
  state(integrationId: string): Promise<SyncState | null>;
  states(): Promise<readonly SyncState[]>;
  saveState(state: SyncState): Promise<void>;
  /** Stores an outcome, and deletes all but the newest {@link MAX_SYNC_OUTCOMES} of each integration. */
  record(outcome: SyncOutcome): Promise<void>;
  /** Lists outcomes, newest first. */
  outcomes(integrationId: string, limit: number): Promise<readonly SyncOutcome[]>;
  /** Returns when each integration's last webhook was accepted, and when the last one was refused. */
  lastWebhooks(): Promise<
    ReadonlyMap<string, { readonly takenAt: string | null; readonly refusedAt: string | null }>
  >;
}

export const MAX_SYNC_OUTCOMES = 100;
