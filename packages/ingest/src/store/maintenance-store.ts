/** How much the store holds. */
export interface StoreSize {
  readonly events: number;
  readonly quarantinedEvents: number;
  /** Bytes of the write-ahead log; `null` where the store has none of its own. */
  readonly walBytes: number | null;
}

/** What became of a part of the ledger. */
export interface LedgerPart {
  readonly dropped: number;
  /** Whether that was the last part; the next call begins anew. */
  readonly isLast: boolean;
}

/** What keeps the store small and fast. One process at a time does it, by a lease. */
export interface MaintenanceStore {
  /** Forgets events, by when they were received; those in quarantine are kept. @returns how many, at most `limit` */
  dropEvents(before: string, limit: number): Promise<number>;
  /**
   * Forgets which events are known, by when they were received: later than any sender retries. Each call goes on where
   * the last one ended.
   *
   * @param limit how many are looked at
   */
  dropLedger(before: string, limit: number): Promise<LedgerPart>;
  dropChanges(before: string, limit: number): Promise<number>;
  size(): Promise<StoreSize>;
  /** Everything but secrets, a JSON text a record, for `export`: consistent as of one moment. */
  export(): AsyncIterable<string>;
}
