interface StoreSize {
  readonly events: number;
  readonly quarantinedEvents: number;
  /** Size of the write-ahead log in bytes; `null` if the store does not have its own log. */
  readonly walBytes: number | null;
}

/** Result of {@link MaintenanceStore.dropLedger}. */
export interface LedgerPart {
  readonly dropped: number;
  /** Whether this call reached the end; if so, the next call starts from the beginning. */
  readonly isLast: boolean;
}

/** Deletes old data. Only one process at a time, which holds a lease, calls these functions. */
export interface MaintenanceStore {
  /**
   * Deletes events received before a time, except quarantined ones.
   *
   * @returns how many were deleted, at most `limit`
   */
  dropEvents(before: string, limit: number): Promise<number>;
  /**
   * Deletes keys of events received before a time, after which duplicates of those events are no longer
   * recognized. Each call continues where the last one ended.
   *
   * @param limit how many keys to examine
   */
  dropLedger(before: string, limit: number): Promise<LedgerPart>;
  /** Deletes changes older than a time. @returns how many were deleted, at most `limit` */
  dropChanges(before: string, limit: number): Promise<number>;
  size(): Promise<StoreSize>;
  /** Exports everything except secrets, one JSON text per row, from one consistent snapshot. */
  export(): AsyncIterable<string>;
}
