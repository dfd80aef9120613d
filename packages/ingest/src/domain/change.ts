import type { Place } from "./binding.ts";
import { type DeviceState, isVisible } from "./device.ts";
import { getVendorStatus } from "./observation.ts";

/** What changed for a customer. */
type ChangeKind =
  | "device_added"
  | "device_updated"
  | "device_moved"
  | "device_removed"
  | "device_status"
  | "event";

/** A change in the feed, as downstream services read it. */
export interface Change {
  /** Position in the feed. A change is committed after every change with a smaller position. */
  readonly sequence: number;
  readonly kind: ChangeKind;
  readonly integration_id: string;
  readonly customer_id: string;
  readonly customer_site_id: string;
  /** `null` for an event that concerns no device. */
  readonly device_id: string | null;
  readonly changed_at: string;
  /**
   * JSON, whose shape depends on the kind.
   *
   * - `device_status`: `{ status, vendor_status, reason, observed_at, known_by, last_seen_at, previous_status
   *   }`
   * - `device_added`, `device_updated`, `device_moved`: the device after the change, with its status;
   *   `device_moved` adds `previous_site_id`
   * - `device_removed`: `{}`
   * - `event`: `{ event_sequence, event }`, where the event is byte for byte as the vendor signed it
   */
  readonly data: string;
}

/** A change that does not have a position in the feed yet. */
export interface ChangeDraft {
  readonly kind: ChangeKind;
  readonly integrationId: string;
  /** `null` for a status change of an unbound device: such a change is kept only for the device's history. */
  readonly place: Place | null;
  readonly deviceId: string | null;
  readonly changedAt: string;
  /** JSON; see {@link Change.data}. */
  readonly data: string;
}

/** A device as downstream services see it. */
function deviceData(state: DeviceState): object {
  const { facts, observation, place } = state;
  return {
    integration_id: state.integrationId,
    device_id: state.deviceId,
    org_id: state.orgId,
    site_id: state.siteId,
    customer_id: place?.customerId ?? null,
    customer_site_id: place?.customerSiteId ?? null,
    name: facts?.name ?? null,
    type: facts?.type ?? null,
    vendor_type: facts ? (facts.vendorType ?? facts.typeWord) : null,
    system_id: facts?.systemId ?? null,
    system_name: facts?.systemName ?? null,
    status: observation?.status ?? null,
    vendor_status: observation ? getVendorStatus(observation) : null,
    status_reason: observation?.reason ?? null,
    status_observed_at: observation?.occurredAt ?? null,
    status_known_by: observation?.knownBy ?? null,
    last_seen_at: observation?.lastSeenAt ?? null,
    lifecycle: state.lifecycle,
  };
}

function statusData(before: DeviceState | null, { observation }: DeviceState): object {
  return {
    status: observation?.status ?? null,
    vendor_status: observation ? getVendorStatus(observation) : null,
    reason: observation?.reason ?? null,
    observed_at: observation?.occurredAt ?? null,
    known_by: observation?.knownBy ?? null,
    last_seen_at: observation?.lastSeenAt ?? null,
    previous_status: before?.observation?.status ?? null,
  };
}

/**
 * Compares status, reason and vendor status. A difference only in when or how they were observed is not a
 * change.
 */
function hasSameStatus(before: DeviceState | null, after: DeviceState): boolean {
  const [was, is] = [before?.observation ?? null, after.observation];
  if (!was || !is) return was === is;
  return was.status === is.status && was.reason === is.reason && getVendorStatus(was) === getVendorStatus(is);
}

const hasSameFacts = (before: DeviceState, after: DeviceState): boolean =>
  before.lifecycle === after.lifecycle &&
  before.facts?.recordHash === after.facts?.recordHash &&
  before.facts?.type === after.facts?.type;

/** Classifies the change of a device that the same customer sees both before and after the change. */
function classify(before: DeviceState, after: DeviceState): "device_moved" | "device_updated" | null {
  const moved =
    before.siteId !== after.siteId || before.place?.customerSiteId !== after.place?.customerSiteId;
  if (moved) return "device_moved";
  return hasSameFacts(before, after) ? null : "device_updated";
}

/**
 * Derives the changes that downstream services receive when a device goes from one state to another.
 *
 * @param before `null` for a new device
 * @param changedAt when the server learned of the change
 * @returns the changes, in feed order
 */
export function deriveChanges(
  before: DeviceState | null,
  after: DeviceState,
  changedAt: string,
): readonly ChangeDraft[] {
  const { integrationId, deviceId } = after;
  const changes: ChangeDraft[] = [];
  const add = (kind: ChangeKind, place: Place | null, data: object) => {
    changes.push({ kind, integrationId, place, deviceId, changedAt, data: JSON.stringify(data) });
  };
  const keepsCustomer =
    isVisible(before) && isVisible(after) && before.place.customerId === after.place.customerId;
  if (isVisible(before) && !keepsCustomer) add("device_removed", before.place, {});
  if (isVisible(after)) {
    const kind = keepsCustomer ? classify(before, after) : "device_added";
    const moved = kind === "device_moved" && { previous_site_id: before?.siteId };
    if (kind) add(kind, after.place, { ...deviceData(after), ...moved });
  }
  if (!hasSameStatus(before, after)) {
    add("device_status", isVisible(after) ? after.place : null, statusData(before, after));
  }
  return changes;
}
