import { DEVICE_TYPES, type DeviceStatus, type DeviceType, deviceStatusSchema } from "@convergint/schemas";
import { DEFAULT_STATUSES, DEFAULT_TYPES } from "./default-mapping.ts";

/** An integration's own mapping of vendor terms to the contract's. Terms match exactly as sent. */
export interface Mapping {
  readonly types: Readonly<Record<string, DeviceType>>;
  readonly statuses: Readonly<Record<string, DeviceStatus>>;
}

/** A vendor term without a mapping. */
export interface UnmappedWord {
  readonly integrationId: string;
  readonly kind: "type" | "status";
  readonly word: string;
  /** How often it was received. */
  readonly count: number;
  readonly lastSeenAt: string;
}

/** The mapping of an integration that has none. */
export const NO_MAPPING: Mapping = { types: {}, statuses: {} };

const TYPES: ReadonlySet<string> = new Set(DEVICE_TYPES);
const STATUSES: ReadonlySet<string> = new Set(deviceStatusSchema.options);

const isType = (word: string): word is DeviceType => TYPES.has(word);
const isStatus = (word: string): word is DeviceStatus => STATUSES.has(word);

/** A vendor term may be the name of an inherited member, such as `constructor`. */
const getEntry = <Meaning>(table: Readonly<Record<string, Meaning>>, word: string): Meaning | undefined =>
  Object.hasOwn(table, word) ? table[word] : undefined;

/** `Not Responding`, `not-responding` and `NOT_RESPONDING` are one key of the default tables. */
const toDefaultKey = (word: string): string =>
  word
    .trim()
    .toLowerCase()
    .replaceAll(/[\s_-]+/g, "_");

/**
 * Maps a vendor's device type: by the integration's own mapping, else as it is if it is one of the contract's, else by
 * the default mapping, else to `other`.
 *
 * @returns `unmapped` is the term if no table has it
 */
export function mapType(
  word: string,
  { types }: Mapping,
): { readonly type: DeviceType; readonly unmapped: string | null } {
  const type =
    getEntry(types, word) ?? (isType(word) ? word : undefined) ?? getEntry(DEFAULT_TYPES, toDefaultKey(word));
  return type ? { type, unmapped: null } : { type: "other", unmapped: word };
}

/**
 * Applies an integration's own mapping to a status: the entry of the vendor's own term, else that of the status sent,
 * else the status sent.
 *
 * @param sent the contract's status, from {@link adaptStatus}
 * @param vendorStatus the vendor's own term
 */
export const mapStatus = (
  sent: DeviceStatus,
  vendorStatus: string | null,
  { statuses }: Mapping,
): DeviceStatus =>
  (vendorStatus === null ? undefined : getEntry(statuses, vendorStatus)) ?? getEntry(statuses, sent) ?? sent;

export interface AdaptedStatus {
  /** The input, with one of the contract's statuses. */
  readonly value: unknown;
  /** The status as sent, if the default mapping does not have it. */
  readonly unknownWord: string | null;
}

/**
 * Replaces a status that is not one of the contract's by the default mapping, and keeps the term sent as
 * `vendor_status`. Everything else is left for the schema to validate. Never throws.
 *
 * @param raw a device of an inventory, or an event's `data`
 */
export function adaptStatus(raw: unknown): AdaptedStatus {
  if (typeof raw !== "object" || raw === null || Array.isArray(raw)) return { value: raw, unknownWord: null };
  const { status } = raw as { readonly status?: unknown };
  if (typeof status !== "string" || status === "" || status.length > 256 || isStatus(status)) {
    return { value: raw, unknownWord: null };
  }
  const known = getEntry(DEFAULT_STATUSES, toDefaultKey(status));
  return {
    value: { ...raw, status: known ?? "unknown", vendor_status: status },
    unknownWord: known ? null : status,
  };
}
