import type { AcceptedEvent, Committed } from "../domain/event.ts";

export interface StoredEvent {
  /** Position in the order of arrival. */
  readonly sequence: number;
  readonly integrationId: string;
  /** `null` while the event is quarantined. */
  readonly customerId: string | null;
  readonly receivedAt: string;
  /** The event's JSON, exactly as it was signed. */
  readonly body: string;
}

export interface EventQuery {
  readonly integrationId: string | null;
  readonly customerId: string | null;
  /** `true` for quarantined events only, `false` for all others. */
  readonly quarantined: boolean;
  /** The sequence after which to continue. */
  readonly after: number;
  readonly limit: number;
}

export interface EventStore {
  /**
   * Stores new events and applies their effects, in one transaction.
   *
   * If several events have the same key, in one batch or in several processes, exactly one of them is stored.
   * An event that mentions an unknown device adds that device. Each new event of a bound place goes into the
   * feed; so does each status change that the event causes.
   */
  commit(events: readonly AcceptedEvent[]): Promise<Committed>;
  /** Lists events in the order of arrival. */
  list(query: EventQuery): Promise<readonly StoredEvent[]>;
}
