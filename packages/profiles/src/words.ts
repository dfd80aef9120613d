import { DEVICE_TYPES, type DeviceStatus, type DeviceType, deviceStatusSchema } from "@convergint/schemas";
import type { WordRules } from "./profile.ts";

/** A vendor's word that neither the profile nor the contract knows. */
export interface UnmappedWord {
  readonly kind: "type" | "status";
  readonly word: string;
}

/** What a vendor's word for a type means. */
interface TypeMeaning {
  readonly type: DeviceType;
  readonly subtype: string | undefined;
  readonly isMapped: boolean;
}

/** What a vendor's word for a status means. */
interface StatusMeaning {
  readonly status: DeviceStatus;
  readonly reason: string | undefined;
  readonly adminState: string | undefined;
  readonly isMapped: boolean;
}

/** A vendor's words and their meanings. */
export interface Words {
  readonly type: (word: string) => TypeMeaning;
  readonly status: (word: string) => StatusMeaning;
}

/** How many words are remembered, so that a vendor with a new word in each record cannot fill the memory. */
const MAX_REMEMBERED = 1_000;

/** Converts a word to the form in which words are compared: `Not Responding`, `not-responding` and `NOT_RESPONDING` are one. */
export const fold = (word: string): string =>
  word
    .trim()
    .toLowerCase()
    .replaceAll(/[\s_-]+/g, "_");

function remember<Meaning>(find: (word: string) => Meaning): (word: string) => Meaning {
  const known = new Map<string, Meaning>();
  return (word) => {
    const remembered = known.get(word);
    if (remembered !== undefined) return remembered;
    const meaning = find(word);
    if (known.size < MAX_REMEMBERED) known.set(word, meaning);
    return meaning;
  };
}

const foldKeys = <Entry>(table: Readonly<Record<string, Entry>>): ReadonlyMap<string, Entry> =>
  new Map(Object.entries(table).map(([word, entry]) => [fold(word), entry]));

/**
 * Prepares a profile's vocabulary. The profile's tables come first, then the contract's own words in any spelling; any
 * other word becomes `other` or `unknown`.
 */
export function createWords(rules: WordRules): Words {
  const types = foldKeys(rules.type);
  const statuses = foldKeys(rules.status);
  return {
    type: remember((word) => {
      const folded = fold(word);
      const entry = types.get(folded);
      const written = typeof entry === "string" ? entry : entry?.type;
      const type = DEVICE_TYPES.find((known) => known === (written ?? folded));
      const subtype = typeof entry === "string" ? undefined : entry?.subtype;
      return { type: type ?? "other", subtype, isMapped: type !== undefined };
    }),
    status: remember((word) => {
      const folded = fold(word);
      const entry = statuses.get(folded);
      const detail = typeof entry === "string" ? undefined : entry;
      const written = typeof entry === "string" ? entry : entry?.status;
      const status = deviceStatusSchema.options.find((known) => known === (written ?? folded));
      return {
        status: status ?? "unknown",
        reason: detail?.reason,
        adminState: detail?.admin_state,
        isMapped: status !== undefined,
      };
    }),
  };
}
