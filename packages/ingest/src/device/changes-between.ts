import type { ChangeKind } from "../store/change-store.ts";
import { type DeviceState, isShown, vendorStatusOf } from "./device-state.ts";
import type { Place } from "./place.ts";

/** A change that has no position yet. */
export interface ChangeDraft {
  readonly kind: ChangeKind;
  readonly integrationId: string;
  /** Whom it is for; `null` for a change of status of a device that is no customer's: kept for its history alone. */
  readonly place: Place | null;
  readonly deviceId: string | null;
  readonly changedAt: string;
  /** JSON. */
  readonly data: string;
}

/** A device as those downstream are told of it. */
function shownDevice(state: DeviceState): object {
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
    status: observation?.status ?? null,
    vendor_status: observation ? vendorStatusOf(observation) : null,
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
    vendor_status: observation ? vendorStatusOf(observation) : null,
    reason: observation?.reason ?? null,
    observed_at: observation?.occurredAt ?? null,
    known_by: observation?.knownBy ?? null,
    last_seen_at: observation?.lastSeenAt ?? null,
    previous_status: before?.observation?.status ?? null,
  };
}

/** Whether two states say the same of the status; when it was observed, and by what, is no change. */
function sameStatus(before: DeviceState | null, after: DeviceState): boolean {
  const [was, is] = [before?.observation ?? null, after.observation];
  if (!was || !is) return was === is;
  return was.status === is.status && was.reason === is.reason && vendorStatusOf(was) === vendorStatusOf(is);
}

const sameFacts = (before: DeviceState, after: DeviceState): boolean =>
  before.lifecycle === after.lifecycle &&
  before.facts?.recordHash === after.facts?.recordHash &&
  before.facts?.type === after.facts?.type;

/** What became of a device that its customer sees before and after. */
function kindOf(before: DeviceState, after: DeviceState): "device_moved" | "device_updated" | null {
  const moved =
    before.siteId !== after.siteId || before.place?.customerSiteId !== after.place?.customerSiteId;
  if (moved) return "device_moved";
  return sameFacts(before, after) ? null : "device_updated";
}

/**
 * What those downstream are told when a device that was one thing is another.
 *
 * @param before `null` for one that was not there
 * @param changedAt when we learnt of it
 * @returns in the order in which it is told
 */
export function changesBetween(
  before: DeviceState | null,
  after: DeviceState,
  changedAt: string,
): readonly ChangeDraft[] {
  const { integrationId, deviceId } = after;
  const changes: ChangeDraft[] = [];
  const tell = (kind: ChangeKind, place: Place | null, data: object) => {
    changes.push({ kind, integrationId, place, deviceId, changedAt, data: JSON.stringify(data) });
  };
  const stays = isShown(before) && isShown(after) && before.place.customerId === after.place.customerId;
  if (isShown(before) && !stays) tell("device_removed", before.place, {});
  if (isShown(after)) {
    const kind = stays ? kindOf(before, after) : "device_added";
    const moved = kind === "device_moved" && { previous_site_id: before?.siteId };
    if (kind) tell(kind, after.place, { ...shownDevice(after), ...moved });
  }
  if (!sameStatus(before, after)) {
    tell("device_status", isShown(after) ? after.place : null, statusData(before, after));
  }
  return changes;
}
