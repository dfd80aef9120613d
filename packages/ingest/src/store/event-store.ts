import type { AcceptedEvent, Committed } from "../domain/event.ts";

export interface StoredEvent {
  /** Position in the order of arrival. */
  readonly sequence: number;
  readonly integrationId: string;
  /** `null` while it is quarantined. */
  readonly customerId: string | null;
  readonly receivedAt: string;
  /** The event's JSON as it was signed. */
  readonly body: string;
}

export interface EventQuery {
  readonly integrationId: string | null;
  readonly customerId: string | null;
  /** `true` for quarantined events only, `false` for all others. */
  readonly quarantined: boolean;
  /** Continue after this sequence. */
  readonly after: number;
  readonly limit: number;
}

export interface EventStore {
  /**
   * Stores new events and applies their effects, in one transaction.
   *
   * Of events with the same key, in one batch or in several processes, exactly one is stored. An event that mentions an
   * unknown device adds it. Each new event of a bound place, and each status it changes, goes into the feed.
   */
  commit(events: readonly AcceptedEvent[]): Promise<Committed>;
  /** Lists events in the order of arrival. */
  list(query: EventQuery): Promise<readonly StoredEvent[]>;
}
