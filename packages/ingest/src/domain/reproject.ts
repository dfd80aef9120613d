import type { ChangeDraft } from "./change.ts";
import { deriveChanges } from "./derive-changes.ts";
import type { DeviceState } from "./device.ts";
import type { ChangedDevice, Lookup } from "./device-tracker.ts";
import { applyMapping, assignPlace } from "./device-transitions.ts";
import type { Mapping } from "./mapping.ts";

/** How a change of bindings or mappings affects stored devices. */
export interface Reprojection {
  readonly changes: readonly ChangeDraft[];
  readonly devices: readonly ChangedDevice[];
}

function reproject(
  states: readonly DeviceState[],
  transition: (state: DeviceState) => DeviceState,
  at: string,
): Reprojection {
  const pairs = states
    .map((before) => [before, transition(before)] as const)
    .filter(([before, after]) => before !== after);
  return {
    changes: pairs.flatMap(([before, after]) => deriveChanges(before, after, at)),
    devices: pairs.map(([, state]) => ({ state, onlyObserved: false })),
  };
}

/** Applies changed bindings to stored devices. */
export const reprojectPlaces = (
  states: readonly DeviceState[],
  { place }: Pick<Lookup, "place">,
  at: string,
): Reprojection =>
  reproject(states, (state) => assignPlace(state, place(state.integrationId, state.orgId, state.siteId)), at);

/** Applies a changed mapping to the stored devices of its integration. */
export const reprojectMapping = (
  states: readonly DeviceState[],
  mapping: Mapping,
  at: string,
): Reprojection => reproject(states, (state) => applyMapping(state, mapping), at);
