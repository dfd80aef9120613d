import { type DeviceStatus, sortableTimestamp, type Timestamp } from "@convergint/schemas/values";

/** How far a time may be ahead of the server's clock before the vendor's clock is considered wrong. */
const FUTURE_TOLERANCE_SECONDS = 300;

/**
 * Orders the observations of one device. The members are compared in turn, and the greatest order is the
 * latest.
 */
export interface ObservationOrder {
  /** When the device had the status, sortable as text. */
  readonly occurredAt: string;
  /** The event's `sequence`. `""` for a snapshot: an event wins over a snapshot with the same time. */
  readonly sequence: string;
  readonly eventId: string;
  /** The snapshot's `as_of`, sortable as text; `""` for an event. */
  readonly asOf: string;
}

/** A device's status at one time, and the source of that status. */
export interface Observation {
  readonly order: ObservationOrder;
  readonly knownBy: "event" | "snapshot";
  /** The contract's status, after the integration's own mapping. */
  readonly status: DeviceStatus;
  /** The contract's status before the integration's own mapping: as sent, or from the default mapping. */
  readonly sentStatus: DeviceStatus;
  /** The vendor's own status, as sent. */
  readonly vendorStatus: string | null;
  readonly reason: string | null;
  /** As sent. */
  readonly occurredAt: Timestamp;
  /** As sent, or the time of receipt if the time sent was too far ahead. */
  readonly lastSeenAt: Timestamp | null;
}

/** @returns the vendor's status if it differs from the contract's, else `null` */
export function getVendorStatus({ status, sentStatus, vendorStatus }: Observation): string | null {
  return vendorStatus ?? (sentStatus === status ? null : sentStatus);
}

/**
 * Replaces a time too far ahead with the time of receipt, so that a wrong clock cannot block later
 * observations.
 */
function capFutureTime(time: Timestamp, receivedAt: Date): Timestamp {
  const latest = receivedAt.getTime() + FUTURE_TOLERANCE_SECONDS * 1000;
  // Comparing milliseconds is faster and decides every case except times within one millisecond of the limit.
  if (Date.parse(time) < latest) return time;
  const isAhead = sortableTimestamp(time) > sortableTimestamp(new Date(latest).toISOString());
  return isAhead ? receivedAt.toISOString() : time;
}

/** Converts a vendor's time to sortable text; a time too far ahead becomes the time of receipt. */
export const toOrderTime = (time: Timestamp, receivedAt: Date): string =>
  sortableTimestamp(capFutureTime(time, receivedAt));

/** The members that describe status in both events and inventory devices. */
export interface StatusMembers {
  readonly status: DeviceStatus;
  readonly vendor_status?: string | null | undefined;
  readonly status_reason?: string | null | undefined;
  readonly last_seen_at?: Timestamp | null | undefined;
}

const toStatusParts = (members: StatusMembers, receivedAt: Date) => ({
  status: members.status,
  sentStatus: members.status,
  vendorStatus: members.vendor_status ?? null,
  reason: members.status_reason ?? null,
  lastSeenAt: members.last_seen_at ? capFutureTime(members.last_seen_at, receivedAt) : null,
});

/**
 * Converts a status event to an observation.
 *
 * @see spec/1.0/contract.md#events
 */
export function observeEvent(
  event: {
    readonly id: string;
    readonly time: Timestamp;
    readonly sequence?: string | null | undefined;
    readonly data: StatusMembers;
  },
  receivedAt: Date,
): Observation {
  return {
    order: {
      occurredAt: toOrderTime(event.time, receivedAt),
      sequence: event.sequence ?? "",
      eventId: event.id,
      asOf: "",
    },
    knownBy: "event",
    ...toStatusParts(event.data, receivedAt),
    occurredAt: event.time,
  };
}

/**
 * Converts a listed device to an observation. Its time is `status_observed_at` or, if that is missing, the
 * snapshot's `as_of`; never the time of receipt.
 */
export function observeSnapshot(
  device: StatusMembers & { readonly status_observed_at?: Timestamp | null | undefined },
  asOf: Timestamp,
  receivedAt: Date,
): Observation {
  const occurredAt = device.status_observed_at ?? asOf;
  return {
    order: {
      occurredAt: toOrderTime(occurredAt, receivedAt),
      sequence: "",
      eventId: "",
      asOf: toOrderTime(asOf, receivedAt),
    },
    knownBy: "snapshot",
    ...toStatusParts(device, receivedAt),
    occurredAt,
  };
}
