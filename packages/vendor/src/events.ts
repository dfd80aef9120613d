import { randomUUID } from "node:crypto";
import {
  DEVICE_STATUS_CHANGED,
  type Device,
  type DeviceStatusChangedEvent,
  type Manifest,
} from "@convergint/schemas";

/** Who the vendor is. */
export type Vendor = Manifest["vendor"];

/** When a change happened, and its place among the changes of the same device at the same moment. */
export interface NewOccurrence {
  /** RFC 3339 in UTC; also the device's new `status_observed_at`. */
  readonly time: string;
  /** Grows with each change of a device. */
  readonly sequence: number;
}

/** The `source` of an org's events. It never changes for an org. @see spec/1.0/contract.md#evt-010 */
export const sourceOf = (vendor: Vendor, orgId: string): string => `urn:${vendor.id}:org:${orgId}`;

/**
 * Returns the event of a device's new status with a new id. Enqueue it in the outbox before you show the change.
 *
 * @param device with its new status
 * @param previous the status before the change
 * @see spec/1.0/contract.md#health-events
 */
export function statusChangedEvent(
  vendor: Vendor,
  device: Device & { readonly status: NonNullable<Device["status"]> },
  previous: Device["status"],
  { time, sequence }: NewOccurrence,
): DeviceStatusChangedEvent {
  const { org_id, site_id, device_id, status, status_reason } = device;
  return {
    specversion: "1.0",
    id: `evt_${randomUUID()}` as DeviceStatusChangedEvent["id"],
    source: sourceOf(vendor, org_id),
    type: DEVICE_STATUS_CHANGED,
    time,
    subject: device_id,
    datacontenttype: "application/json",
    sequence: String(sequence).padStart(15, "0"),
    data: {
      ...{ org_id, site_id, device_id, status },
      ...(status_reason && { status_reason }),
      ...(previous && previous !== status && { previous_status: previous }),
      status_observed_at: time,
    },
  };
}
