import type { Place } from "./binding.ts";
import { type ChangeDraft, deriveChanges } from "./change.ts";
import type { DeviceFacts, DeviceRecord, DeviceState } from "./device.ts";
import type { ChangedDevice, Lookup } from "./device-tracker.ts";
import { type Mapping, mapStatus, mapType } from "./mapping.ts";
import type { Observation } from "./observation.ts";
import { mergeObservations } from "./status.ts";

/** The device that an event or a listing mentions, where it is, and when the server received the mention. */
export interface Mention {
  readonly integrationId: string;
  readonly deviceId: string;
  readonly orgId: string;
  readonly siteId: string;
  readonly place: Place | null;
  /** The integration's mapping. */
  readonly mapping: Mapping;
  /** When the server received the event or the listing. */
  readonly at: string;
}

const createDevice = ({ at, mapping: _, ...where }: Mention): DeviceState => ({
  ...where,
  lifecycle: "active",
  facts: null,
  recordedAt: "",
  observation: null,
  firstSeenAt: at,
  heldSince: null,
});

/** @param facts what is known of the device; its system may have its own mapping */
function mapObservation(
  observation: Observation,
  mapping: Mapping,
  facts: Pick<DeviceFacts, "systemId"> | null,
): Observation {
  const status = mapStatus(
    observation.sentStatus,
    observation.vendorStatus,
    mapping,
    facts?.systemId ?? null,
  );
  return status === observation.status ? observation : { ...observation, status };
}

/** Applies an observation of the status. The latest observation wins, whatever the order of arrival. */
export function applyObservation(
  state: DeviceState | null,
  mention: Mention,
  observation: Observation,
): DeviceState {
  const current = state ?? createDevice(mention);
  const { observation: known, facts } = current;
  const merged = mergeObservations(known, mapObservation(observation, mention.mapping, facts));
  const isUnchanged = known && merged.order === known.order && merged.lastSeenAt === known.lastSeenAt;
  return isUnchanged ? current : { ...current, observation: merged };
}

/**
 * Applies a record. The later record wins; if both have the same time, the one with the greater hash wins.
 */
export function applyRecord(state: DeviceState | null, mention: Mention, record: DeviceRecord): DeviceState {
  const current = state ?? createDevice(mention);
  const { device, recordHash, recordedAt } = record;
  const isOlder =
    recordedAt < current.recordedAt ||
    (recordedAt === current.recordedAt && recordHash < (current.facts?.recordHash ?? ""));
  if (isOlder) return current;
  const systemId = device.system_id ?? null;
  return {
    ...current,
    orgId: mention.orgId,
    siteId: mention.siteId,
    place: mention.place,
    lifecycle: device.lifecycle ?? "active",
    facts: {
      name: device.name,
      type: mapType(device.type, mention.mapping, systemId).type,
      typeWord: device.type,
      vendorType: device.vendor_type ?? null,
      systemId,
      systemName: device.system_name ?? null,
      recordHash,
      record: recordHash === current.facts?.recordHash ? current.facts.record : JSON.stringify(device),
    },
    recordedAt,
    // The status may have been observed before the device's system was known.
    observation: current.observation && mapObservation(current.observation, mention.mapping, { systemId }),
    // The device is listed again, so there is no removal left to decide.
    heldSince: null,
  };
}

/**
 * Removes a device, unless a later record is known. An unknown device stays unknown.
 *
 * @param at the time as of which the device is gone, sortable as text
 */
export function applyRemoval(state: DeviceState | null, at: string): DeviceState | null {
  if (!state || at < state.recordedAt || state.lifecycle === "removed") return state;
  return { ...state, lifecycle: "removed", recordedAt: at, heldSince: null };
}

/** Moves a device to the place that its org and site are bound to now; `null` if they are unbound. */
function assignPlace(state: DeviceState, place: Place | null): DeviceState {
  const same =
    state.place?.customerId === place?.customerId && state.place?.customerSiteId === place?.customerSiteId;
  return same ? state : { ...state, place };
}

/** Maps a device's stored vendor terms with this mapping, as if it had always been set. */
function applyMapping(state: DeviceState, mapping: Mapping): DeviceState {
  const { facts, observation } = state;
  const type = facts && mapType(facts.typeWord, mapping, facts.systemId).type;
  const mapped = observation && mapObservation(observation, mapping, facts);
  if (type === (facts?.type ?? null) && mapped === observation) return state;
  return { ...state, facts: facts && type ? { ...facts, type } : facts, observation: mapped };
}

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
