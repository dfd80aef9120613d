import type { AcceptedEvent, Committed } from "../domain/event.ts";

export interface StoredEvent {
  /** Position in the order of arrival. */
  readonly sequence: number;
  readonly integrationId: string;
  /** The event's customer; `null` while the event is quarantined. */
  readonly customerId: string | null;
  readonly receivedAt: string;
  /** The event's JSON, exactly as it was signed. */
  readonly body: string;
}

export interface EventQuery {
  readonly integrationId: string | null;
  /** Only events of these customers; `null` for all events. A quarantined event has no customer. */
  readonly customerIds: readonly string[] | null;
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

/** A refused delivery, truncated and redacted, so that people can find the cause. */
export interface RefusedDelivery {
  readonly integrationId: string;
  readonly receivedAt: string;
  readonly status: number;
  readonly code: string;
  readonly detail: string;
  /** What is wrong with the delivery's signature, and the line to change, if known. */
  readonly diagnosis: string | null;
  /** Whether the vendor's signature verified. */
  readonly signed: boolean;
  /**
   * Whether it certainly comes from the vendor: its signature verified, or a mistake with the vendor's key explains it. Only
   * such a delivery counts as a refused webhook, because anyone can send the others. Not stored.
   */
  readonly fromVendor: boolean;
  /** The beginning of the body. */
  readonly body: string;
}

export interface RefusedView extends Omit<RefusedDelivery, "fromVendor"> {
  readonly sequence: number;
}

export interface RefusedDeliveryStore {
  /**
   * Stores refused deliveries. Of each integration, keeps the newest {@link MAX_REFUSED_DELIVERIES} that the
   * vendor signed and as many others: Anyone can send unsigned deliveries, so they never replace signed ones.
   */
  keep(deliveries: readonly RefusedDelivery[]): Promise<void>;
  /** Lists refused deliveries, newest first. */
  list(integrationId: string | null, limit: number): Promise<readonly RefusedView[]>;
}

export const MAX_REFUSED_DELIVERIES = 200;
