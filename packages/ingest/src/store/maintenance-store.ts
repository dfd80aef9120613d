interface StoreSize {
  readonly events: number;
  readonly quarantinedEvents: number;
  /** Bytes of the write-ahead log; `null` if the store does not own one. */
  readonly walBytes: number | null;
}

/** Result of {@link MaintenanceStore.dropLedger}. */
export interface LedgerPart {
  readonly dropped: number;
  /** Whether the end was reached; the next call starts from the beginning. */
  readonly isLast: boolean;
}

/** Deletes old data. One process at a time calls it, under a lease. */
export interface MaintenanceStore {
  /** Deletes events received before a time, except quarantined ones. @returns how many, at most `limit` */
  dropEvents(before: string, limit: number): Promise<number>;
  /**
   * Deletes keys of events received before a time: duplicates of those events are no longer recognized. Each call
   * continues where the last one ended.
   *
   * @param limit how many keys to examine
   */
  dropLedger(before: string, limit: number): Promise<LedgerPart>;
  /** Deletes changes older than a time. @returns how many, at most `limit` */
  dropChanges(before: string, limit: number): Promise<number>;
  size(): Promise<StoreSize>;
  /** Exports everything but secrets, one JSON text per row, from one consistent snapshot. */
  export(): AsyncIterable<string>;
}
