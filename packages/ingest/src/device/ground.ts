import type { Mapping } from "../store/mapping-store.ts";
import type { ChangeDraft } from "./changes-between.ts";
import { changesBetween } from "./changes-between.ts";
import { deviceMap } from "./device-map.ts";
import type { DeviceState } from "./device-state.ts";
import type { Place } from "./place.ts";

/** What a change of devices stands on: what is stored, looked up once. */
export interface Ground {
  /** `null` for a device that nobody has told of. */
  device(integrationId: string, deviceId: string): DeviceState | null;
  place(integrationId: string, orgId: string, siteId: string): Place | null;
  /** What was set for an integration's words. */
  mapping(integrationId: string): Mapping;
}

/** Devices while they are being changed, by integration and id. */
export interface Changing {
  current(integrationId: string, deviceId: string): DeviceState | null;
  /** @returns what those downstream are told of it */
  put(state: DeviceState, at: string): readonly ChangeDraft[];
  /** Those that are not as they were, as they are now. */
  changed(): readonly ChangedDevice[];
}

/** A device that is not as it was. */
export interface ChangedDevice {
  readonly state: DeviceState;
  /** Whether it was there, and only what was observed of its status is another. */
  readonly onlyObserved: boolean;
}

const OTHER_PARTS = Object.keys({
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

/** Everything but the observation is replaced as a whole, so that the same parts are the same objects. */
function differsOnlyInObservation(before: DeviceState | null, after: DeviceState): boolean {
  return before !== null && OTHER_PARTS.every((part) => before[part] === after[part]);
}

/** Changes devices in memory: several things that one device is told of are one write. */
export function changing(ground: Pick<Ground, "device">): Changing {
  const devices = deviceMap<{ readonly before: DeviceState | null; now: DeviceState | null }>();

  function met(integrationId: string, deviceId: string) {
    const known = devices.get(integrationId, deviceId);
    if (known) return known;
    const before = ground.device(integrationId, deviceId);
    const device = { before, now: before };
    devices.set(integrationId, deviceId, device);
    return device;
  }

  return {
    current: (integrationId, deviceId) => met(integrationId, deviceId).now,
    put(state, at) {
      const device = met(state.integrationId, state.deviceId);
      const { now } = device;
      if (now === state) return [];
      device.now = state;
      return changesBetween(now, state, at);
    },
    changed: () =>
      [...devices.values()].flatMap(({ before, now }) =>
        now && now !== before ? [{ state: now, onlyObserved: differsOnlyInObservation(before, now) }] : [],
      ),
  };
}
