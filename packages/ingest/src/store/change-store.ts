import type { Change } from "../domain/change.ts";

export interface ChangeQuery {
  /** Only changes of these customers; `null` for all customers. */
  readonly customerIds: readonly string[] | null;
  readonly integrationId: string | null;
  readonly after: number;
  readonly limit: number;
}

/** Which status changes of a device to list. */
interface HistoryQuery {
  readonly integrationId: string;
  readonly deviceId: string;
  /** Only changes from the time when the device belonged to one of these customers; `null` for all changes. */
  readonly customerIds: readonly string[] | null;
  /** Only changes before this position; `null` for all. */
  readonly before: number | null;
  readonly limit: number;
}

/** A service that receives changes as signed webhooks. */
export interface Subscriber {
  readonly subscriberId: string;
  readonly url: string;
  /** The customer whose changes the subscriber receives; `null` for all customers. */
  readonly customerId: string | null;
  /** Encrypted. */
  readonly secret: Uint8Array;
  /** Position of the last change that the subscriber acknowledged. */
  readonly position: number;
  readonly createdAt: string;
}

/**
 * Stores the feed: every change for customers, in order. A consumer that reads the feed from its start can
 * rebuild every status.
 */
export interface ChangeStore {
  read(query: ChangeQuery): Promise<readonly Change[]>;
  /** Lists a device's status changes, newest first. */
  history(query: HistoryQuery): Promise<readonly Change[]>;
  /** @returns the last position; 0 before the first change */
  last(): Promise<number>;
  /** @returns the position of the oldest change that has not been deleted */
  first(): Promise<number>;
  subscribers(): Promise<readonly Subscriber[]>;
  /** Adds a subscriber. If the subscriber already exists, replaces only its secret. */
  saveSubscriber(subscriber: Subscriber): Promise<void>;
  /** @returns whether the subscriber existed */
  removeSubscriber(subscriberId: string): Promise<boolean>;
  /** Records the position that a subscriber acknowledged. The position never goes back. */
  advance(subscriberId: string, sequence: number): Promise<void>;
}
