import { createHash } from "node:crypto";
import { canonicalMacAddress, type Device } from "@convergint/schemas";
import type { DeviceRecord } from "../store/device-store.ts";

/** What says how the device is, and not what it is: observations are made of these. */
const OF_THE_STATUS: ReadonlySet<string> = new Set([
  "status",
  "status_reason",
  "vendor_status",
  "status_observed_at",
  "status_changed_at",
  "last_seen_at",
]);

function recordHash(device: Device): string {
  const facts = Object.entries(device).filter(([name]) => !OF_THE_STATUS.has(name));
  return createHash("sha256")
    .update(JSON.stringify(facts.toSorted(([a], [b]) => (a < b ? -1 : 1))))
    .digest("base64");
}

/**
 * Makes the record of a device that inventory or an event has told of.
 *
 * @param recordedAt when it was so, sortable as text
 */
export function recordOf(device: Device, recordedAt: string): DeviceRecord {
  const macAddresses = device.mac_addresses?.flatMap((mac) => canonicalMacAddress(mac) ?? []);
  const normalised: Device = macAddresses ? { ...device, mac_addresses: macAddresses } : device;
  return {
    device: normalised,
    recordHash: recordHash(normalised),
    recordedAt,
  };
}
