/** How a sync ended. */
export interface SyncOutcome {
  readonly integrationId: string;
  readonly startedAt: string;
  readonly finishedAt: string;
  /** `unchanged`: the vendor said so, or nothing differed. */
  readonly outcome: "complete" | "unchanged" | "removals_held" | "failed";
  readonly kind: "full" | "incremental";
  /** A sentence for people; `null` where there is nothing to say. */
  readonly detail: string | null;
  /** How many devices were read. */
  readonly devices: number;
  readonly changes: {
    readonly added: number;
    readonly updated: number;
    readonly moved: number;
    readonly removed: number;
    readonly held: number;
    readonly corrected: number;
  } | null;
}

/** Whether webhooks come as they should. */
export interface WebhookHealth {
  readonly state: "ok" | "silent" | "refused" | "not_expected";
  /** Since when it is so. */
  readonly since: string;
  /** A sentence for people; `null` where all is well. */
  readonly detail: string | null;
}

/** Where an integration's syncs stand. Any process may go on from it. */
export interface SyncState {
  readonly integrationId: string;
  readonly nextAt: string;
  /** Failures in a row; each makes the next wait longer. */
  readonly failures: number;
  readonly lastCompleteAt: string | null;
  readonly lastFullAt: string | null;
  /** What the next incremental listing goes on from. */
  readonly syncToken: string | null;
  readonly etag: string | null;
  /** Tells whether the vendor's sites are as they were. */
  readonly sitesHash: string | null;
  /** From when on events may be missing, by the vendor's clock: they are owed a backfill. `null` where none are. */
  readonly eventsMissingSince: string | null;
  readonly webhooks: WebhookHealth;
}

export interface SyncStore {
  state(integrationId: string): Promise<SyncState | null>;
  states(): Promise<readonly SyncState[]>;
  saveState(state: SyncState): Promise<void>;
  /** Keeps the outcome, and the last hundred of each integration. */
  record(outcome: SyncOutcome): Promise<void>;
  /** The newest first. */
  outcomes(integrationId: string, limit: number): Promise<readonly SyncOutcome[]>;
  /** When the last webhook of each integration was taken, and when the last was refused. */
  lastWebhooks(): Promise<
    ReadonlyMap<string, { readonly takenAt: string | null; readonly refusedAt: string | null }>
  >;
}
