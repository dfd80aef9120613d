import {
  ADMIN_STATES,
  DEVICE_STATUSES,
  DEVICE_TYPES,
  type DeviceStatus,
  type DeviceType,
  LIFECYCLES,
} from "@convergint/schemas/values";
import { DEFAULT_STATUSES, DEFAULT_TYPES } from "./default-mapping.ts";

/** Vendor terms and the contract's terms that they mean. Terms match exactly as sent. */
export interface Terms {
  readonly types: Readonly<Record<string, DeviceType>>;
  readonly statuses: Readonly<Record<string, DeviceStatus>>;
}

/** An integration's own mapping of vendor terms to the contract's. */
export interface Mapping extends Terms {
  /**
   * The terms of single systems, by `system_id`, because two systems of one vendor may use the same word differently. They
   * take precedence. Mappings of earlier versions have none.
   */
  readonly systems?: Readonly<Record<string, Terms>>;
}

/** A vendor term without a mapping. */
export interface UnmappedWord {
  readonly integrationId: string;
  readonly kind: "type" | "status";
  readonly word: string;
  /** How often the term was received. */
  readonly count: number;
  readonly lastSeenAt: string;
}

/** The mapping of an integration for which no mapping is set. */
export const NO_MAPPING: Mapping = { types: {}, statuses: {} };

/** A longer text is no term. */
const MAX_TERM = 256;

const TYPES: ReadonlySet<string> = new Set(DEVICE_TYPES);
const STATUSES: ReadonlySet<string> = new Set(DEVICE_STATUSES);

const isType = (word: string): word is DeviceType => TYPES.has(word);
const isStatus = (word: string): word is DeviceStatus => STATUSES.has(word);

/** Looks up own members only, because a vendor term may be the name of an inherited member, such as `constructor`. */
const getEntry = <Meaning>(table: Readonly<Record<string, Meaning>>, word: string): Meaning | undefined =>
  Object.hasOwn(table, word) ? table[word] : undefined;

/** Returns the tables that apply to a device, the one with precedence first. */
function listTables(mapping: Mapping, systemId: string | null): readonly Terms[] {
  const ofSystem = systemId === null ? undefined : getEntry(mapping.systems ?? {}, systemId);
  return ofSystem ? [ofSystem, mapping] : [mapping];
}

/** Returns the first result that is defined. */
function findFirst<Item, Result>(
  items: readonly Item[],
  find: (item: Item) => Result | undefined,
): Result | undefined {
  for (const item of items) {
    const found = find(item);
    if (found !== undefined) return found;
  }
  return undefined;
}

/**
 * Converts a term to the form that the contract's words and the keys of the default tables have:
 * `Not Responding`, `not-responding` and `NOT_RESPONDING` all become `not_responding`.
 */
const fold = (word: string): string =>
  word
    .trim()
    .toLowerCase()
    .replaceAll(/[\s_-]+/g, "_");

/**
 * Maps a vendor's device type. The first that applies decides: the system's mapping, the integration's, the term itself if
 * it is one of the contract's types in any spelling, or the default mapping. Any other term becomes `other`.
 *
 * @param systemId the device's system; `null` if it has none
 * @returns the type; `unmapped` is the term if it became `other` because no mapping applied
 */
export function mapType(
  word: string,
  mapping: Mapping,
  systemId: string | null = null,
): { readonly type: DeviceType; readonly unmapped: string | null } {
  const folded = fold(word);
  const type =
    findFirst(listTables(mapping, systemId), ({ types }) => getEntry(types, word)) ??
    (isType(folded) ? folded : undefined) ??
    getEntry(DEFAULT_TYPES, folded);
  return type ? { type, unmapped: null } : { type: "other", unmapped: word };
}

/**
 * Applies a mapping to a status: the entry for the vendor's own term, otherwise the entry for the status sent, in the
 * system's mapping and then in the integration's; otherwise the status as sent.
 *
 * @param sent the contract's status, from {@link adaptTerms}
 * @param vendorStatus the vendor's own term
 * @param systemId the device's system; `null` if it has none
 */
export const mapStatus = (
  sent: DeviceStatus,
  vendorStatus: string | null,
  mapping: Mapping,
  systemId: string | null = null,
): DeviceStatus =>
  findFirst(
    listTables(mapping, systemId),
    ({ statuses }) =>
      (vendorStatus === null ? undefined : getEntry(statuses, vendorStatus)) ?? getEntry(statuses, sent),
  ) ?? sent;

export interface AdaptedTerms {
  /** The input, in which the vendor's terms have been replaced by the contract's. */
  readonly value: unknown;
  /** The status as sent, if it is not in the default mapping. */
  readonly unknownWord: string | null;
}

type Members = Readonly<Record<string, unknown>>;

/** Closed vocabularies without a mapping. Only the contract's own words exist, in any spelling. */
const CLOSED: Readonly<Record<string, ReadonlySet<string>>> = {
  lifecycle: new Set(LIFECYCLES),
  admin_state: new Set(ADMIN_STATES),
  previous_status: STATUSES,
};

/** Replaces other spellings of the closed vocabularies' words, such as `Removed`. */
function foldClosed(raw: Members): Members {
  const folded = Object.entries(CLOSED).flatMap(([name, words]) => {
    const word = Object.hasOwn(raw, name) ? raw[name] : undefined;
    if (typeof word !== "string" || word.length > MAX_TERM || words.has(word)) return [];
    const contract = fold(word);
    return words.has(contract) ? [[name, contract] as const] : [];
  });
  return folded.length === 0 ? raw : { ...raw, ...Object.fromEntries(folded) };
}

/**
 * Replaces a status that is not one of the contract's, by its spelling (`Offline`) or the default mapping, and keeps
 * the sent term as `vendor_status`. Replaces other spellings in `lifecycle`, `admin_state` and `previous_status`.
 * Everything else is left for the schema to validate. Never throws.
 *
 * @param raw a device of an inventory, or an event's `data`
 */
export function adaptTerms(raw: unknown): AdaptedTerms {
  if (typeof raw !== "object" || raw === null || Array.isArray(raw)) return { value: raw, unknownWord: null };
  const value = foldClosed(raw as Members);
  const { status } = value;
  if (typeof status !== "string" || status === "" || status.length > MAX_TERM || isStatus(status)) {
    return { value, unknownWord: null };
  }
  const folded = fold(status);
  const known = isStatus(folded) ? folded : getEntry(DEFAULT_STATUSES, folded);
  return {
    value: { ...value, status: known ?? "unknown", vendor_status: status },
    unknownWord: known ? null : status,
  };
}
