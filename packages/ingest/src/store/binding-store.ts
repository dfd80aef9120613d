import type { Binding } from "../domain/binding.ts";
import type { Mapping, UnmappedWord } from "../domain/mapping.ts";

export interface MappingStore {
  /** @returns `null` if the integration has no mapping */
  get(integrationId: string): Promise<Mapping | null>;
  /**
   * Sets an integration's mapping and applies it to stored devices, as if the mapping had always been set.
   *
   * @returns how many devices changed type or status; each change goes into the feed
   */
  set(integrationId: string, mapping: Mapping, at: string): Promise<{ readonly devices: number }>;
  /** Lists vendor terms without a mapping, most frequent first. */
  unmapped(integrationId: string | null, limit: number): Promise<readonly UnmappedWord[]>;
  /** Adds to the counts of vendor terms without a mapping. */
  countUnmapped(words: readonly Omit<UnmappedWord, "lastSeenAt">[], at: string): Promise<void>;
}

/** A vendor's org and site without a binding, and what is quarantined there. */
export interface UnboundPlace {
  readonly integrationId: string;
  readonly orgId: string;
  readonly siteId: string;
  /** The site's name in the vendor's inventory, if known. */
  readonly siteName: string | null;
  readonly devices: number;
  readonly events: number;
  readonly firstSeenAt: string;
}

/** What a new or changed binding released from quarantine or moved. */
export interface Released {
  /** Quarantined events that took effect. */
  readonly events: number;
  /** Devices that changed customer or site. */
  readonly devices: number;
}

/**
 * Stores bindings. An event or a device is quarantined until its site or org is bound: it is stored and
 * listed as quarantined, but neither a customer's answers nor the feed contain it.
 *
 * @see spec/1.0/contract.md#receiving
 */
export interface BindingStore {
  all(integrationId: string): Promise<readonly Binding[]>;
  /**
   * Adds or replaces a binding. In the same transaction, whatever was quarantined there takes effect: first
   * the devices (`device_added` with their current status), then the events in the order of arrival. If a
   * device leaves another customer, that customer gets `device_removed`.
   */
  bind(binding: Binding): Promise<Released>;
  /**
   * Removes a binding. The customer gets `device_removed` for each device that the binding covered.
   *
   * @returns whether the binding existed
   */
  unbind(place: Pick<Binding, "integrationId" | "orgId" | "siteId">, at: string): Promise<boolean>;
  /** Whether a site of the inventory, a device or a quarantined event is at a place; for an org, at any of its sites. */
  isKnown(place: Pick<Binding, "integrationId" | "orgId" | "siteId">): Promise<boolean>;
  /** Lists quarantined places, those with the most events first. */
  unbound(integrationId: string | null, limit: number): Promise<readonly UnboundPlace[]>;
}
