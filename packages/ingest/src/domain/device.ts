import type { Device } from "@convergint/schemas";
import { canonicalMacAddress, type DeviceType } from "@convergint/schemas/values";
import type { Place } from "./binding.ts";
import type { Observation } from "./observation.ts";

/** An id that a database cannot store unchanged. */
export class UnstorableIdError extends Error {
  override readonly name = "UnstorableIdError";
  readonly code = "unstorable_id";
}

/** What is wrong with an id that a database cannot store, and what to send instead. */
export const UNSTORABLE_ID =
  "An id contains an unpaired surrogate or a NUL character. Send an id without these characters.";

/** Whether a database stores these ids unchanged. See {@link requireStorable}. */
export const isStorable = (ids: readonly string[]): boolean =>
  !ids.some((id) => /[\p{Surrogate}\0]/u.test(id));

/**
 * Rejects ids with an unpaired surrogate or a NUL. A database replaces these characters, so two different ids
 * could become the same id, which would mix up two devices.
 *
 * @throws {UnstorableIdError}
 */
export function requireStorable(ids: readonly string[]): void {
  if (!isStorable(ids)) throw new UnstorableIdError(UNSTORABLE_ID);
}

/**
 * A device as an inventory or an event describes it. The type is still the vendor's term; the store maps it.
 */
export interface DeviceRecord {
  /** As the vendor sent it, with normalized MAC addresses. */
  readonly device: Device;
  /** Base64 SHA-256 of {@link serializeFacts}. Records with the same hash differ at most in status. */
  readonly recordHash: string;
  /** The time at which the record was true, sortable as text. The later of two records wins. */
  readonly recordedAt: string;
}

/** What the inventory says about a device, without its status. */
export interface DeviceFacts {
  readonly name: string;
  /** The contract's device type. */
  readonly type: DeviceType;
  /** The type as the vendor sent it. */
  readonly typeWord: string;
  /** The vendor's more specific type, if it sent one. */
  readonly vendorType: string | null;
  /** The vendor's id of the system that the device belongs to; `null` if the vendor has no systems. */
  readonly systemId: string | null;
  readonly systemName: string | null;
  readonly recordHash: string;
  /** The record's JSON if it is not stored yet; `null` after it is stored. */
  readonly record: string | null;
}

/** Everything known about one device of one integration. */
export interface DeviceState {
  readonly integrationId: string;
  readonly deviceId: string;
  readonly orgId: string;
  readonly siteId: string;
  /** `null` while neither the device's site nor its org is bound. */
  readonly place: Place | null;
  /** `provisioning`, `active` or `removed`. */
  readonly lifecycle: string;
  /** The facts about the device; `null` if only status events mention the device. */
  readonly facts: DeviceFacts | null;
  /** The time at which the facts or the removal were true, sortable as text; `""` if neither is known. */
  readonly recordedAt: string;
  /** The current observation; `null` while the device's status is unknown. */
  readonly observation: Observation | null;
  readonly firstSeenAt: string;
  /**
   * When the device's removal was put on hold for a person to decide; `null` if the removal is not on hold.
   */
  readonly heldSince: string | null;
}

/** The stored state that a sync compares a listed device with. */
export interface KnownDevice {
  readonly deviceId: string;
  /** The hash of the device's record; `null` if only status events mention the device. */
  readonly recordHash: string | null;
  readonly lifecycle: string;
  /** The current observation; `null` while the device's status is unknown. */
  readonly observation: Observation | null;
  /** Whether the device's removal is on hold. */
  readonly held: boolean;
}

export const toKnownDevice = ({
  deviceId,
  facts,
  lifecycle,
  observation,
  heldSince,
}: DeviceState): KnownDevice => ({
  deviceId,
  recordHash: facts?.recordHash ?? null,
  lifecycle,
  observation,
  held: heldSince !== null,
});

/** Whether a customer sees the device. */
export const isVisible = (state: DeviceState | null): state is DeviceState & { readonly place: Place } =>
  Boolean(state?.place) && state?.lifecycle !== "removed";

/** Rewrites MAC addresses in canonical form and drops invalid ones. */
export function normalizeMacAddresses(device: Device): Device {
  const macAddresses = device.mac_addresses?.flatMap((mac) => canonicalMacAddress(mac) ?? []);
  return macAddresses ? { ...device, mac_addresses: macAddresses } : device;
}

/** The members that make up an observation. A change of them is a change of status, not of the record. */
const STATUS_MEMBERS: ReadonlySet<string> = new Set([
  "status",
  "status_reason",
  "vendor_status",
  "status_observed_at",
  "status_changed_at",
  "last_seen_at",
]);

/**
 * Serializes a device without its status, with members sorted by name, so that equal facts give equal text.
 */
export function serializeFacts(device: Device): string {
  const facts = Object.entries(device).filter(([name]) => !STATUS_MEMBERS.has(name));
  return JSON.stringify(facts.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

/** A map keyed by integration and device id. */
export interface DeviceMap<Value> {
  readonly size: number;
  get(integrationId: string, deviceId: string): Value | undefined;
  set(integrationId: string, deviceId: string, value: Value): void;
  values(): Iterable<Value>;
  clear(): void;
}

/** Creates a map of maps, because building one key from two strings costs more than two look-ups. */
export function createDeviceMap<Value>(): DeviceMap<Value> {
  const byIntegration = new Map<string, Map<string, Value>>();
  let size = 0;
  return {
    get size() {
      return size;
    },
    get: (integrationId, deviceId) => byIntegration.get(integrationId)?.get(deviceId),
    set(integrationId, deviceId, value) {
      const devices = byIntegration.get(integrationId) ?? new Map<string, Value>();
      byIntegration.set(integrationId, devices);
      const before = devices.size;
      devices.set(deviceId, value);
      size += devices.size - before;
    },
    *values() {
      for (const devices of byIntegration.values()) yield* devices.values();
    },
    clear() {
      byIntegration.clear();
      size = 0;
    },
  };
}
