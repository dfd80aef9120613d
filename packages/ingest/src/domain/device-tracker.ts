import type { Place } from "./binding.ts";
import { type ChangeDraft, deriveChanges } from "./change.ts";
import { createDeviceMap, type DeviceState } from "./device.ts";
import type { Mapping } from "./mapping.ts";

/**
 * Reads the stored state that the rules need. Each store implements this interface within one transaction.
 */
export interface Lookup {
  /** @returns `null` for an unknown device */
  device(integrationId: string, deviceId: string): DeviceState | null;
  /** @returns `null` if neither the site nor its org is bound */
  place(integrationId: string, orgId: string, siteId: string): Place | null;
  mapping(integrationId: string): Mapping;
}

/** A device to write back. */
export interface ChangedDevice {
  readonly state: DeviceState;
  /** Whether the device is already stored and only its observation changed, which allows a cheaper write. */
  readonly onlyObserved: boolean;
}

/** Collects the changes of devices in memory, so that several changes of one device need only one write. */
export interface DeviceTracker {
  /**
   * @returns the state that `put` received last; without one, the stored state; `null` for an unknown device
   */
  get(integrationId: string, deviceId: string): DeviceState | null;
  /** Replaces a device's state. @returns the changes that downstream services receive */
  put(state: DeviceState, at: string): readonly ChangeDraft[];
  /** @returns the devices whose state differs from the stored one */
  changed(): readonly ChangedDevice[];
}

const MEMBERS_BUT_OBSERVATION = Object.keys({
  integrationId: true,
  deviceId: true,
  orgId: true,
  siteId: true,
  place: true,
  lifecycle: true,
  facts: true,
  recordedAt: true,
  firstSeenAt: true,
  heldSince: true,
} satisfies Record<Exclude<keyof DeviceState, "observation">, true>) as readonly (keyof DeviceState)[];

/** Every transition replaces whole members, so identical objects show that a member has not changed. */
function differsOnlyInObservation(before: DeviceState | null, after: DeviceState): boolean {
  return before !== null && MEMBERS_BUT_OBSERVATION.every((member) => before[member] === after[member]);
}

export function trackDevices(lookup: Pick<Lookup, "device">): DeviceTracker {
  const devices = createDeviceMap<{ readonly before: DeviceState | null; now: DeviceState | null }>();

  function load(integrationId: string, deviceId: string) {
    const loaded = devices.get(integrationId, deviceId);
    if (loaded) return loaded;
    const before = lookup.device(integrationId, deviceId);
    const device = { before, now: before };
    devices.set(integrationId, deviceId, device);
    return device;
  }

  return {
    get: (integrationId, deviceId) => load(integrationId, deviceId).now,
    put(state, at) {
      const device = load(state.integrationId, state.deviceId);
      const { now } = device;
      if (now === state) return [];
      device.now = state;
      return deriveChanges(now, state, at);
    },
    changed: () =>
      [...devices.values()].flatMap(({ before, now }) =>
        now && now !== before ? [{ state: now, onlyObserved: differsOnlyInObservation(before, now) }] : [],
      ),
  };
}
