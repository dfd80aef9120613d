import { sortableTimestamp } from "@convergint/schemas/values";
import type { ChangeDraft } from "./change.ts";
import type { DeviceState } from "./device.ts";
import { type ChangedDevice, type Lookup, trackDevices } from "./device-tracker.ts";
import { applyObservation, applyRecord, applyRemoval } from "./device-transitions.ts";
import {
  addCounts,
  type GoneDevice,
  isListed,
  type RemovalPolicy,
  type StagedDevice,
  type StagedEntry,
  type SyncCounts,
  ZERO_COUNTS,
} from "./inventory.ts";

/** What applying a part of a sync changes. */
export interface InventoryEffects {
  readonly changes: readonly ChangeDraft[];
  readonly devices: readonly ChangedDevice[];
  readonly counts: SyncCounts;
}

function countDifference(before: DeviceState | null, after: DeviceState): Partial<SyncCounts> {
  if (after.lifecycle === "removed") return {};
  if (!before?.facts || before.lifecycle === "removed") return { added: 1 };
  const moved = before.siteId === after.siteId ? 0 : 1;
  const differs = before.facts.recordHash !== after.facts?.recordHash || before.lifecycle !== after.lifecycle;
  const [was, is] = [before.observation, after.observation];
  return {
    updated: differs ? 1 : 0,
    moved,
    corrected: was && is && was.status !== is.status ? 1 : 0,
  };
}

/**
 * Applies listed devices that differ from the stored devices.
 *
 * @param at when the listing is applied
 */
function applyListedDevices(
  integrationId: string,
  staged: readonly StagedDevice[],
  lookup: Lookup,
  at: string,
): InventoryEffects {
  const devices = trackDevices(lookup);
  const changes: ChangeDraft[] = [];
  let counts = ZERO_COUNTS;
  for (const { record, observation } of staged) {
    const { device_id: deviceId, org_id: orgId, site_id: siteId } = record.device;
    const mention = {
      integrationId,
      deviceId,
      orgId,
      siteId,
      place: lookup.place(integrationId, orgId, siteId),
      mapping: lookup.mapping(integrationId),
      at,
    };
    const before = devices.get(integrationId, deviceId);
    const recorded = applyRecord(before, mention, record);
    const after = observation ? applyObservation(recorded, mention, observation) : recorded;
    counts = addCounts(counts, { ...ZERO_COUNTS, ...countDifference(before, after) });
    changes.push(...devices.put(after, at));
  }
  return { changes, devices: devices.changed(), counts };
}

/** @param times texts that sort chronologically */
const latestOf = (...times: readonly string[]): string => times.toSorted().at(-1) ?? "";

/**
 * Removes devices on hold. A person confirmed the removal, so records that arrived in the meantime do not
 * prevent it.
 */
export function removeHeldDevices(
  integrationId: string,
  deviceIds: readonly string[],
  lookup: Pick<Lookup, "device">,
  at: string,
): InventoryEffects {
  const now = sortableTimestamp(at);
  const gone = deviceIds.map((deviceId) => {
    const { recordedAt = "" } = lookup.device(integrationId, deviceId) ?? {};
    return { deviceId, goneAt: latestOf(recordedAt, now) };
  });
  return applyGoneDevices(integrationId, gone, "remove", lookup, at);
}

/**
 * Removes devices that are gone, or puts their removal on hold.
 *
 * @param at when the removal is applied
 */
function applyGoneDevices(
  integrationId: string,
  gone: readonly GoneDevice[],
  policy: RemovalPolicy,
  lookup: Pick<Lookup, "device">,
  at: string,
): InventoryEffects {
  const devices = trackDevices(lookup);
  const changes: ChangeDraft[] = [];
  for (const { deviceId, goneAt } of gone) {
    const before = devices.get(integrationId, deviceId);
    // A record that is later than the listing shows that the device still exists.
    if (!before || before.lifecycle === "removed" || before.recordedAt > goneAt) continue;
    const after =
      policy === "hold" ? { ...before, heldSince: before.heldSince ?? at } : applyRemoval(before, goneAt);
    if (after && after !== before) changes.push(...devices.put(after, at));
  }
  const changed = devices.changed();
  const removed = changed.filter(({ state }) => state.lifecycle === "removed").length;
  return {
    changes,
    devices: changed,
    counts: { ...ZERO_COUNTS, removed, held: changed.length - removed },
  };
}

/**
 * Applies a part of a listing. As long as the devices, bindings and mappings are the same, so is the result:
 * a part can be computed again instead of being kept.
 *
 * @param entries at most one for each device
 * @param at when the listing is applied
 */
export function applyEntries(
  integrationId: string,
  entries: readonly StagedEntry[],
  policy: RemovalPolicy,
  lookup: Lookup,
  at: string,
): InventoryEffects {
  const listed = applyListedDevices(integrationId, entries.filter(isListed), lookup, at);
  const goneDevices = entries.filter((entry): entry is GoneDevice => !isListed(entry));
  const gone = applyGoneDevices(integrationId, goneDevices, policy, lookup, at);
  return {
    changes: [...listed.changes, ...gone.changes],
    devices: [...listed.devices, ...gone.devices],
    counts: addCounts(listed.counts, gone.counts),
  };
}
