import { DEVICE_TYPES, type DeviceStatus, type DeviceType, deviceStatusSchema } from "@convergint/schemas";
import type { Mapping } from "../store/mapping-store.ts";
import { DEFAULT_STATUSES, DEFAULT_TYPES } from "./default-words.ts";

/** What holds for an integration for which nothing was set. */
export const NO_MAPPING: Mapping = { types: {}, statuses: {} };

const TYPES: ReadonlySet<string> = new Set(DEVICE_TYPES);
const STATUSES: ReadonlySet<string> = new Set(deviceStatusSchema.options);

const isType = (word: string): word is DeviceType => TYPES.has(word);
const isStatus = (word: string): word is DeviceStatus => STATUSES.has(word);

/** Of vendors' words, any may be the name of a method of every object. */
const entryOf = <Meaning>(table: Readonly<Record<string, Meaning>>, word: string): Meaning | undefined =>
  Object.hasOwn(table, word) ? table[word] : undefined;

/** `Not Responding`, `not-responding` and `NOT_RESPONDING` are one word to the default tables. */
const plain = (word: string): string =>
  word
    .trim()
    .toLowerCase()
    .replaceAll(/[\s_-]+/g, "_");

/**
 * A vendor's word for a type, in our vocabulary: by the integration's own table, else it is ours already, else by the
 * default table, else `other`.
 *
 * @returns with `unmapped` where no table knows the word
 */
export function mapType(
  word: string,
  { types }: Mapping,
): { readonly type: DeviceType; readonly unmapped: string | null } {
  const type =
    entryOf(types, word) ?? (isType(word) ? word : undefined) ?? entryOf(DEFAULT_TYPES, plain(word));
  return type ? { type, unmapped: null } : { type: "other", unmapped: word };
}

/**
 * What a status comes to by an integration's own table: that of the vendor's finer word, else that of its coarser one,
 * else itself.
 *
 * @param sent what {@link adaptStatus} has made of the vendor's word
 * @param vendorStatus the vendor's own word
 */
export const mapStatus = (
  sent: DeviceStatus,
  vendorStatus: string | null,
  { statuses }: Mapping,
): DeviceStatus =>
  (vendorStatus === null ? undefined : entryOf(statuses, vendorStatus)) ?? entryOf(statuses, sent) ?? sent;

/** What became of something with a status in it. */
export interface Adapted {
  /** As it came, but for a status that is none of the contract's. */
  readonly value: unknown;
  /** The word for the status that not even the default table knows. */
  readonly unknownWord: string | null;
}

/**
 * Puts one of the contract's statuses in the place of one that is none, and keeps the vendor's word as `vendor_status`:
 * a device in an inventory, or an event's `data`. Everything else is left alone, to be held to the schema. Never throws.
 */
export function adaptStatus(raw: unknown): Adapted {
  if (typeof raw !== "object" || raw === null || Array.isArray(raw)) return { value: raw, unknownWord: null };
  const { status } = raw as { readonly status?: unknown };
  if (typeof status !== "string" || status === "" || status.length > 256 || isStatus(status)) {
    return { value: raw, unknownWord: null };
  }
  const known = entryOf(DEFAULT_STATUSES, plain(status));
  return {
    value: { ...raw, status: known ?? "unknown", vendor_status: status },
    unknownWord: known ? null : status,
  };
}
