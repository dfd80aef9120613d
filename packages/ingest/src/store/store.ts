import type { BindingStore, MappingStore } from "./binding-store.ts";
import type { ChangeStore } from "./change-store.ts";
import type { DeviceStore } from "./device-store.ts";
import type { EventStore, RefusedDeliveryStore } from "./event-store.ts";
import type { IntegrationStore } from "./integration-store.ts";
import type { InventoryStore } from "./inventory-store.ts";
import type { SyncStore } from "./sync-store.ts";

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

/** Deletes old data. Only the process that holds a lease calls these functions. */
export interface MaintenanceStore {
  /**
   * Deletes events received before a time, except quarantined ones.
   *
   * @returns how many were deleted, at most `limit`
   */
  dropEvents(before: string, limit: number): Promise<number>;
  /**
   * Deletes the keys of events received before a time. Duplicates of those events are then no longer
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

/** What a token permits: `admin` permits everything, `read` only reading. */
export type Role = "admin" | "read";

/** An API token. Only its hash is stored. */
export interface TokenRow {
  readonly tokenId: string;
  readonly name: string;
  readonly role: Role;
  /** SHA-256 of the token. The token is random and long, so it needs no salt. */
  readonly hash: Uint8Array;
  readonly createdAt: string;
  /** The customers whose data the token reads; `null` for a token that reads the data of all customers. */
  readonly customerIds: readonly string[] | null;
  /** When the token stops being valid; `null` for a token that is valid until it is revoked. */
  readonly expiresAt: string | null;
}

export interface TokenStore {
  all(): Promise<readonly TokenRow[]>;
  find(hash: Uint8Array): Promise<TokenRow | null>;
  add(token: TokenRow): Promise<void>;
  /** @returns whether the token existed */
  remove(tokenId: string): Promise<boolean>;
}

export type StoreErrorCode = "write_failed" | "unavailable" | "store_gone" | "lease_lost";

/** A failed call to the store. Nothing was stored, except perhaps if the code is `unavailable`. */
export class StoreError extends Error {
  override readonly name = "StoreError";
  /**
   * `write_failed`: only this call failed. `unavailable`: the database cannot be reached or accepts no writes,
   * so every call may fail until it recovers; this call may have stored its data. `store_gone`: no call will
   * succeed until the server restarts. `lease_lost`: another process holds the lease.
   */
  readonly code: StoreErrorCode;

  constructor(code: StoreErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** Whether an error would fail every other call too, so that a smaller batch would not help. */
export const isOutage = (error: unknown): boolean =>
  error instanceof StoreError && (error.code === "unavailable" || error.code === "store_gone");

/**
 * Coordinates several processes that share a store: at most one process holds a given lease. Leases expire by
 * the store's clock, so the clocks of the processes need not agree.
 */
export interface LeaseStore {
  /**
   * Takes a lease that is free or expired, or renews the lease that the owner already holds.
   *
   * @returns whether the owner now holds the lease
   */
  take(name: string, owner: string, seconds: number): Promise<boolean>;
  /** Releases a lease, unless another owner holds it. */
  release(name: string, owner: string): Promise<void>;
}

/**
 * Everything the server stores. The SQLite store and the PostgreSQL store both implement this interface and
 * pass the same tests.
 *
 * A call that changes something is one transaction and resolves after it is durable. Vendors' ids (orgs,
 * sites, devices, events) are unique only within an integration. Times are RFC 3339 in UTC unless stated
 * otherwise.
 *
 * Every call may throw a `StoreError` with the code `write_failed`, `unavailable` or `store_gone`.
 */
export interface Store {
  readonly integrations: IntegrationStore;
  readonly bindings: BindingStore;
  readonly mappings: MappingStore;
  readonly events: EventStore;
  readonly inventory: InventoryStore;
  readonly devices: DeviceStore;
  readonly changes: ChangeStore;
  readonly syncs: SyncStore;
  readonly leases: LeaseStore;
  readonly refused: RefusedDeliveryStore;
  readonly tokens: TokenStore;
  readonly maintenance: MaintenanceStore;
  /** How many commits of events the store accepts at the same time. */
  readonly commitsAtOnce: number;
  /** Completes pending calls, then closes. */
  close(): Promise<void>;
}

/** What each code of {@link StoreError} means, and what to do. It is in the server's log. The documentation shows it. */
export const STORE_TEXTS: Readonly<Record<StoreErrorCode, { readonly means: string; readonly fix: string }>> =
  {
    write_failed: {
      means: "The database refused one write; others succeed.",
      fix: "Report it with the log line: the cause is in it.",
    },
    unavailable: {
      means: "The database cannot be reached, is full, read-only, or did not answer in time.",
      fix: "Check the disk space, the connection and the limits of PostgreSQL. The server continues by itself when the database does.",
    },
    store_gone: {
      means: "The process that writes to the database has ended, and no call will succeed until a restart.",
      fix: "Restart the server. If it repeats, the log line before has the cause, such as too little memory.",
    },
    lease_lost: {
      means: "Another process does this work now: this one was too slow or cut off from the database.",
      fix: "Nothing to correct if it is rare. If not, look for pauses of the machine or the database. A SQLite file belongs to one server.",
    },
  };
