import { sortableTimestamp } from "@convergint/schemas";
import type { Applied, GoneDevice, StagedDevice, Vanished } from "../store/inventory-store.ts";
import type { ChangeDraft } from "./changes-between.ts";
import type { DeviceState } from "./device-state.ts";
import { type ChangedDevice, changing, type Ground } from "./ground.ts";
import { observed, recorded, removed } from "./transitions.ts";

/** What a part of a sync comes to. */
export interface InventoryEffects {
  readonly changes: readonly ChangeDraft[];
  readonly devices: readonly ChangedDevice[];
  readonly applied: Applied;
}

export const NOTHING_APPLIED: Applied = {
  added: 0,
  updated: 0,
  moved: 0,
  removed: 0,
  held: 0,
  corrected: 0,
};

export const sumOf = (a: Applied, b: Applied): Applied => ({
  added: a.added + b.added,
  updated: a.updated + b.updated,
  moved: a.moved + b.moved,
  removed: a.removed + b.removed,
  held: a.held + b.held,
  corrected: a.corrected + b.corrected,
});

/** How a listing found a device, against what was known. */
function difference(before: DeviceState | null, after: DeviceState): Partial<Applied> {
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
 * What devices of a listing do that differ from what is known.
 *
 * @param at when the listing is applied
 */
export function applyDevices(
  integrationId: string,
  staged: readonly StagedDevice[],
  ground: Ground,
  at: string,
): InventoryEffects {
  const devices = changing(ground);
  const changes: ChangeDraft[] = [];
  let applied = NOTHING_APPLIED;
  for (const { record, observation } of staged) {
    const { device_id: deviceId, org_id: orgId, site_id: siteId } = record.device;
    const place = ground.place(integrationId, orgId, siteId);
    const told = {
      integrationId,
      deviceId,
      orgId,
      siteId,
      place,
      mapping: ground.mapping(integrationId),
      at,
    };
    const before = devices.current(integrationId, deviceId);
    const known = recorded(before, told, record);
    const after = observation ? observed(known, told, observation) : known;
    applied = sumOf(applied, { ...NOTHING_APPLIED, ...difference(before, after) });
    changes.push(...devices.put(after, at));
  }
  return { changes, devices: devices.changed(), applied };
}

/** Of two texts that sort as the moments do. */
const later = (a: string, b: string): string => [a, b].toSorted().at(-1) ?? a;

/** Removes devices whose removal was held: a person has decided, whatever was told of them meanwhile. */
export function removeHeld(
  integrationId: string,
  deviceIds: readonly string[],
  ground: Pick<Ground, "device">,
  at: string,
): InventoryEffects {
  const now = sortableTimestamp(at);
  const gone = deviceIds.map((deviceId) => {
    const { recordedAt = "" } = ground.device(integrationId, deviceId) ?? {};
    return { deviceId, goneAt: later(recordedAt, now) };
  });
  return applyGone(integrationId, gone, "remove", ground, at);
}

/** What becomes of devices that are gone. @param at when that is applied */
export function applyGone(
  integrationId: string,
  all: readonly GoneDevice[],
  vanished: Vanished,
  ground: Pick<Ground, "device">,
  at: string,
): InventoryEffects {
  const devices = changing(ground);
  const changes: ChangeDraft[] = [];
  for (const { deviceId, goneAt } of all) {
    const before = devices.current(integrationId, deviceId);
    // What was told of it later than the listing says that it is there.
    if (!before || before.lifecycle === "removed" || before.recordedAt > goneAt) continue;
    const after =
      vanished === "hold" ? { ...before, heldSince: before.heldSince ?? at } : removed(before, goneAt);
    if (after && after !== before) changes.push(...devices.put(after, at));
  }
  const changed = devices.changed();
  const gone = changed.filter(({ state }) => state.lifecycle === "removed").length;
  return {
    changes,
    devices: changed,
    applied: { ...NOTHING_APPLIED, removed: gone, held: changed.length - gone },
  };
}
