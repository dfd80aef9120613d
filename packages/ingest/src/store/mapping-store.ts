import type { DeviceStatus, DeviceType } from "@convergint/schemas";

/** A vendor's words in our vocabulary, as data of one integration. Words are compared as they were sent. */
export interface Mapping {
  readonly types: Readonly<Record<string, DeviceType>>;
  readonly statuses: Readonly<Record<string, DeviceStatus>>;
}

/** A word that no table knows. */
export interface UnmappedWord {
  readonly integrationId: string;
  readonly kind: "type" | "status";
  readonly word: string;
  /** How often it was met. */
  readonly count: number;
  readonly lastSeenAt: string;
}

export interface MappingStore {
  /** What was set for an integration; `null` where nothing was. */
  get(integrationId: string): Promise<Mapping | null>;
  /**
   * Sets it, and projects what is stored anew: each device's type and status is as though it had always been set.
   *
   * @returns how many devices have another type or status now; each is among the changes
   */
  set(integrationId: string, mapping: Mapping, at: string): Promise<{ readonly devices: number }>;
  /** The words no table knows, the most frequent first; one that is mapped by now is not listed. */
  unmapped(integrationId: string | null, limit: number): Promise<readonly UnmappedWord[]>;
  /** Counts words that were met. */
  countUnmapped(words: readonly Omit<UnmappedWord, "lastSeenAt">[], at: string): Promise<void>;
}
