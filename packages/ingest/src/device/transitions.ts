import { mapStatus, mapType } from "../mapping/mapping.ts";
import type { Observation } from "../status/observation.ts";
import { project } from "../status/project.ts";
import type { DeviceRecord } from "../store/device-store.ts";
import type { Mapping } from "../store/mapping-store.ts";
import type { DeviceState } from "./device-state.ts";
import type { Place } from "./place.ts";

/** Where something was told of a device. */
export interface Told {
  readonly integrationId: string;
  readonly deviceId: string;
  readonly orgId: string;
  readonly siteId: string;
  readonly place: Place | null;
  /** What the vendor's words mean. */
  readonly mapping: Mapping;
  /** When we were told. */
  readonly at: string;
}

/** A device that is met for the first time: it exists from now on. */
const met = ({ at, mapping: _, ...where }: Told): DeviceState => ({
  ...where,
  lifecycle: "active",
  facts: null,
  recordedAt: "",
  observation: null,
  firstSeenAt: at,
  heldSince: null,
});

function inOurWords(observation: Observation, mapping: Mapping): Observation {
  const status = mapStatus(observation.sentStatus, observation.vendorStatus, mapping);
  return status === observation.status ? observation : { ...observation, status };
}

/** Its status was observed. The later observation stands, whichever was told first. */
export function observed(state: DeviceState | null, told: Told, observation: Observation): DeviceState {
  const current = state ?? met(told);
  const { observation: known } = current;
  const projected = project(known, inOurWords(observation, told.mapping));
  const saysNothingNew =
    known && projected.order === known.order && projected.lastSeenAt === known.lastSeenAt;
  return saysNothingNew ? current : { ...current, observation: projected };
}

/** Inventory or an event has told of it. The later record stands; of two of one moment, always the same. */
export function recorded(state: DeviceState | null, told: Told, record: DeviceRecord): DeviceState {
  const current = state ?? met(told);
  const { device, recordHash, recordedAt } = record;
  const isOlder =
    recordedAt < current.recordedAt ||
    (recordedAt === current.recordedAt && recordHash < (current.facts?.recordHash ?? ""));
  if (isOlder) return current;
  return {
    ...current,
    orgId: told.orgId,
    siteId: told.siteId,
    place: told.place,
    lifecycle: device.lifecycle ?? "active",
    facts: {
      name: device.name,
      type: mapType(device.type, told.mapping).type,
      typeWord: device.type,
      vendorType: device.vendor_type ?? null,
      recordHash,
      record: recordHash === current.facts?.recordHash ? current.facts.record : JSON.stringify(device),
    },
    recordedAt,
    // It is there, so nobody need decide whether it is gone.
    heldSince: null,
  };
}

/**
 * It is gone, unless something later is known of it. One that nobody has told of is not brought into being.
 *
 * @param at when it was gone, sortable as text
 */
export function removed(state: DeviceState | null, at: string): DeviceState | null {
  if (!state || at < state.recordedAt || state.lifecycle === "removed") return state;
  return { ...state, lifecycle: "removed", recordedAt: at, heldSince: null };
}

/** Its org and site belong to somebody else now, or to nobody. */
export function placed(state: DeviceState, place: Place | null): DeviceState {
  const same =
    state.place?.customerId === place?.customerId && state.place?.customerSiteId === place?.customerSiteId;
  return same ? state : { ...state, place };
}

/** The vendor's words mean something else now, and always did. */
export function remapped(state: DeviceState, mapping: Mapping): DeviceState {
  const { facts, observation } = state;
  const type = facts && mapType(facts.typeWord, mapping).type;
  const meant = observation && inOurWords(observation, mapping);
  if (type === (facts?.type ?? null) && meant === observation) return state;
  return { ...state, facts: facts && type ? { ...facts, type } : facts, observation: meant };
}
