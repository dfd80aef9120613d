// The contract's words and values without zod, for a thread or process that starts often: loading zod takes most of its start.

/** The device types that the contract defines. The vocabulary is open: see {@link canonicalDeviceType}. */
export const DEVICE_TYPES = [
  "camera",
  "intercom",
  "recorder",
  "video_gateway",
  "access_controller",
  "reader",
  "door",
  "lock",
  "alarm_panel",
  "keypad",
  "sensor",
  "relay_io",
  "speaker",
  "display",
  "network_switch",
  "access_point",
  "router",
  "gateway",
  "server",
  "power",
  "other",
] as const;
export type DeviceType = (typeof DEVICE_TYPES)[number];

/**
 * Maps a vendor's device type to one that the contract defines.
 *
 * @param word the `type` that the vendor sent
 * @returns the same type if it is defined, otherwise `other`; also store the vendor's own type
 * @see spec/1.0/contract.md#open-vocabularies
 */
export function canonicalDeviceType(word: string): DeviceType {
  return DEVICE_TYPES.find((known) => known === word) ?? "other";
}

/** What {@link DeviceStatus} can be. */
export const DEVICE_STATUSES = ["online", "degraded", "offline", "unknown"] as const;
/** Whether a device works, as the vendor's cloud knows it. @see spec/1.0/contract.md#status */
export type DeviceStatus = (typeof DEVICE_STATUSES)[number];

/** What {@link AdminState} can be. */
export const ADMIN_STATES = ["enabled", "disabled"] as const;
/** Whether a person switched the device off on purpose. */
export type AdminState = (typeof ADMIN_STATES)[number];

/** What {@link Lifecycle} can be. */
export const LIFECYCLES = ["provisioning", "active", "removed"] as const;
/** The stage of a device's life. @see spec/1.0/contract.md#devices */
export type Lifecycle = (typeof LIFECYCLES)[number];

/** A moment on the wire, as `timestampSchema` accepts it. */
export type Timestamp = string;

/**
 * Rewrites a valid timestamp so that timestamps compare correctly as text, to the nanosecond. `Date` rounds
 * to milliseconds, so two distinct changes could compare as equal.
 *
 * @param timestamp a value that `timestampSchema` accepts
 * @returns `YYYY-MM-DDThh:mm:ss.nnnnnnnnnZ`
 */
export function sortableTimestamp(timestamp: Timestamp): string {
  const fraction = /\.(\d+)/.exec(timestamp)?.[1] ?? "";
  return `${timestamp.slice(0, 19)}.${fraction.padEnd(9, "0")}Z`;
}

const OCTETS = /^[0-9a-f]{1,2}([:-])[0-9a-f]{1,2}(?:\1[0-9a-f]{1,2}){4}$/;
const CISCO = /^[0-9a-f]{4}\.[0-9a-f]{4}\.[0-9a-f]{4}$/;
const BARE = /^[0-9a-f]{12}$/;

/**
 * Normalizes a MAC address in any common notation: colons or hyphens, Cisco's dotted groups, or twelve bare
 * digits. With colons or hyphens, an octet may lack its leading zero, as in the output of `arp`.
 *
 * @returns `aa:bb:cc:dd:ee:ff`, or `null` if the text is not a 48-bit MAC address
 * @see spec/1.0/contract.md#values-as-vendors-write-them
 */
export function canonicalMacAddress(text: string): string | null {
  const written = text.trim().toLowerCase();
  if (OCTETS.test(written)) {
    return written
      .split(/[:-]/)
      .map((octet) => octet.padStart(2, "0"))
      .join(":");
  }
  if (!CISCO.test(written) && !BARE.test(written)) return null;
  return (written.replaceAll(".", "").match(/../g) ?? []).join(":");
}
