import type { BindingStore, MappingStore } from "./binding-store.ts";
import type { ChangeStore } from "./change-store.ts";
import type { DeviceStore } from "./device-store.ts";
import type { EventStore } from "./event-store.ts";
import type { IntegrationStore } from "./integration-store.ts";
import type { InventoryStore } from "./inventory-store.ts";
import type { MaintenanceStore } from "./maintenance-store.ts";
import type { RefusedDeliveryStore } from "./refused-delivery-store.ts";
import type { SyncStore } from "./sync-store.ts";
import type { TokenStore } from "./token-store.ts";

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
 * A call that changes something is one transaction and resolves once it is durable. Vendors' ids (orgs,
 * sites, devices, events) are unique only within an integration. Times are RFC 3339 in UTC unless stated
 * otherwise.
 *
 * Every call may throw a `StoreError` with the code `write_failed` or `store_gone`.
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
