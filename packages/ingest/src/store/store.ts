import type { BindingStore } from "./binding-store.ts";
import type { ChangeStore } from "./change-store.ts";
import type { DeviceStore } from "./device-store.ts";
import type { EventStore } from "./event-store.ts";
import type { IntegrationStore } from "./integration-store.ts";
import type { InventoryStore } from "./inventory-store.ts";
import type { LeaseStore } from "./lease-store.ts";
import type { MaintenanceStore } from "./maintenance-store.ts";
import type { MappingStore } from "./mapping-store.ts";
import type { RefusedDeliveryStore } from "./refused-delivery-store.ts";
import type { SyncStore } from "./sync-store.ts";
import type { TokenStore } from "./token-store.ts";

/**
 * Everything the server keeps. SQLite and PostgreSQL are behind it, held to one suite of tests.
 *
 * What changes something resolves when it is durable, and is all done or not at all. Ids of vendors (orgs, sites,
 * devices, events) mean something within one integration alone. Times are RFC 3339 in UTC unless said otherwise.
 *
 * Every call may throw a `StoreError`: `write_failed` (this call; nothing of it was stored), `store_gone` (no call will
 * succeed before a restart).
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
  /** How many commits of events may be under way or wait within the store. */
  readonly commitsAtOnce: number;
  /** Finishes what is under way. */
  close(): Promise<void>;
}
