import { type DeviceStatus, sortableTimestamp, type Timestamp } from "@convergint/schemas";

/** How far in the future a time may lie before the clock that wrote it is held to be wrong. */
export const FUTURE_TOLERANCE_SECONDS = 300;

/**
 * Where an observation stands among all of one device's: compared member by member, the greatest wins.
 */
export interface ObservationOrder {
  /** When the status was so, sortable as text. */
  readonly occurredAt: string;
  /** The event's `sequence`; `""` for a snapshot, so that an event wins over a snapshot of the same moment. */
  readonly sequence: string;
  readonly eventId: string;
  /** The snapshot's `as_of`, sortable as text; `""` for an event. */
  readonly asOf: string;
}

/** What is known of a device's status at one moment, and how. */
export interface Observation {
  readonly order: ObservationOrder;
  readonly knownBy: "event" | "snapshot";
  /** In our vocabulary. */
  readonly status: DeviceStatus;
  /** The contract's word that the vendor sent, or that its word stands for: `status` without the integration's own mapping. */
  readonly sentStatus: DeviceStatus;
  /** The vendor's own word beside it, as it was sent. */
  readonly vendorStatus: string | null;
  readonly reason: string | null;
  /** As it was sent. */
  readonly occurredAt: Timestamp;
  /** As it was sent; the moment of receipt where that lay too far ahead. */
  readonly lastSeenAt: Timestamp | null;
}

/** A clock far ahead must not block what comes after: its times count as of their receipt. */
function notAhead(time: Timestamp, receivedAt: Date): Timestamp {
  const latest = receivedAt.getTime() + FUTURE_TOLERANCE_SECONDS * 1000;
  // Whole milliseconds settle all but those at the very edge.
  if (Date.parse(time) < latest) return time;
  const isAhead = sortableTimestamp(time) > sortableTimestamp(new Date(latest).toISOString());
  return isAhead ? receivedAt.toISOString() : time;
}

/** A vendor's time, sortable as text; the moment of receipt where it lies too far ahead of that. */
export const orderedAt = (time: Timestamp, receivedAt: Date): string =>
  sortableTimestamp(notAhead(time, receivedAt));

/** The status part of a device, as events and inventory both carry it. */
export interface CarriedStatus {
  readonly status: DeviceStatus;
  readonly vendor_status?: string | null | undefined;
  readonly status_reason?: string | null | undefined;
  readonly last_seen_at?: Timestamp | null | undefined;
}

/**
 * An event, as an observation.
 * @see spec/1.0/contract.md#events
 */
export function observedByEvent(
  event: {
    readonly id: string;
    readonly time: Timestamp;
    readonly sequence?: string | null | undefined;
    readonly data: CarriedStatus;
  },
  receivedAt: Date,
): Observation {
  return {
    order: {
      occurredAt: orderedAt(event.time, receivedAt),
      sequence: event.sequence ?? "",
      eventId: event.id,
      asOf: "",
    },
    knownBy: "event",
    status: event.data.status,
    sentStatus: event.data.status,
    vendorStatus: event.data.vendor_status ?? null,
    reason: event.data.status_reason ?? null,
    occurredAt: event.time,
    lastSeenAt: event.data.last_seen_at ? notAhead(event.data.last_seen_at, receivedAt) : null,
  };
}

/**
 * A device in a snapshot, as an observation: at the moment its status was seen, else at the snapshot's `as_of`; never
 * at the moment it was written down.
 */
export function observedBySnapshot(
  device: CarriedStatus & { readonly status_observed_at?: Timestamp | null | undefined },
  asOf: Timestamp,
  receivedAt: Date,
): Observation {
  const occurredAt = device.status_observed_at ?? asOf;
  return {
    order: {
      occurredAt: orderedAt(occurredAt, receivedAt),
      sequence: "",
      eventId: "",
      asOf: orderedAt(asOf, receivedAt),
    },
    knownBy: "snapshot",
    status: device.status,
    sentStatus: device.status,
    vendorStatus: device.vendor_status ?? null,
    reason: device.status_reason ?? null,
    occurredAt,
    lastSeenAt: device.last_seen_at ? notAhead(device.last_seen_at, receivedAt) : null,
  };
}
