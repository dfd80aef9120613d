import { randomUUID } from "node:crypto";
import {
  DEVICE_ADDED,
  DEVICE_HEARTBEAT,
  DEVICE_REMOVED,
  DEVICE_STATUS_CHANGED,
  DEVICE_UPDATED,
  type DeviceHeartbeatEvent,
  type DeviceStatus,
  type DeviceStatusChangedEvent,
  type Event,
  type EventId,
  eventIdSchema,
  type OrgId,
  type SiteId,
  WEBHOOK_PING,
} from "@convergint/schemas";
import type { CampusDevice } from "../estate/initial-status.ts";

/** The identity of an event. */
export interface Occurrence {
  /** The id of the event, the same in every retry. */
  readonly id: EventId;
  /** When the event happened (RFC 3339), not when it is sent. */
  readonly time: string;
}

/** Creates an occurrence at a time. */
export function newOccurrence(moment: Date): Occurrence {
  return { id: eventIdSchema.parse(randomUUID()), time: moment.toISOString() };
}

/** An {@link Occurrence} with its position among the occurrences of one device. */
export interface DeviceOccurrence extends Occurrence {
  /** Counts up from 1. */
  readonly sequence: number;
}

const sourceOf = (orgId: OrgId): string => `urn:example-campus:org:${encodeURIComponent(orgId)}`;

/** `sequence` is compared as text (CloudEvents sequence extension), so all numbers have the same width. */
const SEQUENCE_DIGITS = 12;

const aboutDevice = (device: CampusDevice, { id, time, sequence }: DeviceOccurrence) => ({
  specversion: "1.0" as const,
  id,
  source: sourceOf(device.org_id),
  time,
  subject: device.device_id,
  datacontenttype: "application/json",
  sequence: String(sequence).padStart(SEQUENCE_DIGITS, "0"),
});

const wholeStatus = (device: CampusDevice) => ({
  org_id: device.org_id,
  site_id: device.site_id,
  device_id: device.device_id,
  status: device.status,
  status_reason: device.status_reason,
  vendor_status: device.vendor_status,
  status_observed_at: device.status_observed_at,
  status_changed_at: device.status_changed_at,
  last_seen_at: device.last_seen_at,
  admin_state: device.admin_state,
});

/** @param previous the previous status, or `null` if it did not change */
export function statusChangedEvent(
  device: CampusDevice,
  previous: DeviceStatus | null,
  occurrence: DeviceOccurrence,
): DeviceStatusChangedEvent {
  return {
    ...aboutDevice(device, occurrence),
    type: DEVICE_STATUS_CHANGED,
    data: { ...wholeStatus(device), previous_status: previous },
  };
}

/** Creates a heartbeat at the time of the occurrence. */
export function heartbeatEvent(device: CampusDevice, occurrence: DeviceOccurrence): DeviceHeartbeatEvent {
  return {
    ...aboutDevice(device, occurrence),
    type: DEVICE_HEARTBEAT,
    data: { ...wholeStatus(device), last_seen_at: occurrence.time },
  };
}

/** Creates the event of an added device. */
export const deviceAddedEvent = (device: CampusDevice, occurrence: DeviceOccurrence): Event => ({
  ...aboutDevice(device, occurrence),
  type: DEVICE_ADDED,
  data: { ...device },
});

/** Creates the event of a changed device record. @param changed the members that changed */
export const deviceUpdatedEvent = (
  device: CampusDevice,
  before: CampusDevice,
  changed: readonly (keyof CampusDevice & string)[],
  occurrence: DeviceOccurrence,
): Event => ({
  ...aboutDevice(device, occurrence),
  type: DEVICE_UPDATED,
  data: {
    ...device,
    ...(device.site_id !== before.site_id && { previous_site_id: before.site_id }),
    changed_fields: [...changed],
  },
});

/** Creates the event of a removed device. */
export const deviceRemovedEvent = (
  device: CampusDevice,
  removedAt: string,
  occurrence: DeviceOccurrence,
): Event => ({
  ...aboutDevice(device, occurrence),
  type: DEVICE_REMOVED,
  data: {
    device_id: device.device_id,
    org_id: device.org_id,
    site_id: device.site_id,
    lifecycle: "removed",
    removed_at: removedAt,
  },
});

/** Creates an event of an optional family. @param members the data members of the event's type */
export function familyEvent(
  type: string,
  device: CampusDevice,
  members: Readonly<Record<string, unknown>>,
  occurrence: DeviceOccurrence,
): Event {
  return {
    ...aboutDevice(device, occurrence),
    type,
    data: {
      ...members,
      org_id: device.org_id,
      site_id: device.site_id,
      device_id: device.device_id,
    },
  };
}

/** Creates a ping. The ping names a site only because every event must name a site. */
export function pingEvent(
  about: { readonly org_id: OrgId; readonly site_id: SiteId; readonly endpoint_id: string },
  { id, time }: Occurrence,
): Event {
  return {
    specversion: "1.0",
    id,
    source: sourceOf(about.org_id),
    type: WEBHOOK_PING,
    time,
    datacontenttype: "application/json",
    data: { ...about },
  };
}
