import type { Mapping, UnmappedWord } from "../domain/mapping.ts";

export interface MappingStore {
  /** @returns `null` if the integration has no mapping */
  get(integrationId: string): Promise<Mapping | null>;
  /**
   * Sets an integration's mapping and applies it to stored devices, as if it had always been set.
   *
   * @returns how many devices changed type or status; each change goes into the feed
   */
  set(integrationId: string, mapping: Mapping, at: string): Promise<{ readonly devices: number }>;
  /** Lists vendor terms without a mapping, most frequent first. */
  unmapped(integrationId: string | null, limit: number): Promise<readonly UnmappedWord[]>;
  /** Adds to the counts of vendor terms without a mapping. */
  countUnmapped(words: readonly Omit<UnmappedWord, "lastSeenAt">[], at: string): Promise<void>;
}
