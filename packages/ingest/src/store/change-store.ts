import type { Change } from "../domain/change.ts";

export interface ChangeQuery {
  readonly customerId: string | null;
  readonly integrationId: string | null;
  readonly after: number;
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
  history(
    integrationId: string,
    deviceId: string,
    before: number | null,
    limit: number,
  ): Promise<readonly Change[]>;
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
