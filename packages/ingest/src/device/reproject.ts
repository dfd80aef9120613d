import type { Mapping } from "../store/mapping-store.ts";
import { type ChangeDraft, changesBetween } from "./changes-between.ts";
import type { DeviceState } from "./device-state.ts";
import type { ChangedDevice, Ground } from "./ground.ts";
import { placed, remapped } from "./transitions.ts";

/** Devices that are somewhere or something else now, and what is told of it. */
export interface Reprojected {
  readonly changes: readonly ChangeDraft[];
  readonly devices: readonly ChangedDevice[];
}

function changedBy(
  states: readonly DeviceState[],
  change: (state: DeviceState) => DeviceState,
  at: string,
): Reprojected {
  const pairs = states
    .map((before) => [before, change(before)] as const)
    .filter(([before, after]) => before !== after);
  return {
    changes: pairs.flatMap(([before, after]) => changesBetween(before, after, at)),
    devices: pairs.map(([, state]) => ({ state, onlyObserved: false })),
  };
}

/** Devices whose org or site belongs to somebody else now, or to nobody. */
export const rebound = (
  states: readonly DeviceState[],
  { place }: Pick<Ground, "place">,
  at: string,
): Reprojected =>
  changedBy(states, (state) => placed(state, place(state.integrationId, state.orgId, state.siteId)), at);

/** Devices of a vendor whose words mean something else now. */
export const reworded = (states: readonly DeviceState[], mapping: Mapping, at: string): Reprojected =>
  changedBy(states, (state) => remapped(state, mapping), at);
