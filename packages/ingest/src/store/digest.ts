import { hash } from "node:crypto";
import type { Device } from "@convergint/schemas";
import { type DeviceRecord, normalizeMacAddresses, serializeFacts } from "../domain/device.ts";

const KEY_HEX_DIGITS = 32;
const DAY_MS = 86_400_000;

/**
 * Hashes what identifies an event within its integration. The hash is 16 bytes in hexadecimal: longer keys
 * would slow the ledger.
 */
export const hashEventKey = (source: string, eventId: string): string =>
  hash("sha256", JSON.stringify([source, eventId]), "hex").slice(0, KEY_HEX_DIGITS);

/** Converts a time to days since 1970, as the ledger stores it. */
export const toDay = (at: string): number => Math.floor(Date.parse(at) / DAY_MS);

/**
 * Creates the record of a device that an inventory or an event describes.
 *
 * @param recordedAt the time at which the record was true, sortable as text
 */
export function toDeviceRecord(device: Device, recordedAt: string): DeviceRecord {
  const normalized = normalizeMacAddresses(device);
  return { device: normalized, recordHash: hash("sha256", serializeFacts(normalized), "base64"), recordedAt };
}
