/** The changes that serialisers with other settings make to a value. */

type Change = (value: unknown) => unknown;

function mapMembers(
  value: unknown,
  change: (member: [string, unknown]) => readonly [string, unknown][],
): unknown {
  if (Array.isArray(value)) return value.map((item) => mapMembers(item, change));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .flatMap(change)
      .map(([key, member]) => [key, mapMembers(member, change)]),
  );
}

/** Removes the members that are null. */
export const dropNulls: Change = (value) =>
  mapMembers(value, (member) => (member[1] === null ? [] : [member]));

const toCamelCase = (key: string): string =>
  key.replace(/_+([a-z\d])/gi, (_, letter: string) => letter.toUpperCase());
const RENAMES: readonly ((key: string) => string)[] = [
  (key) => toCamelCase(key).replace(/^[A-Z]/, (letter) => letter.toLowerCase()),
  (key) => toCamelCase(key).replace(/^[a-z]/, (letter) => letter.toUpperCase()),
  (key) => key.replace(/(?<=[a-z\d])[A-Z]/g, (letter) => `_${letter}`).toLowerCase(),
];

/** Renames keys to camelCase, PascalCase or snake_case. */
export const KEY_RENAMES: readonly Change[] = RENAMES.map(
  (rename): Change =>
    (value) =>
      mapMembers(value, ([key, member]) => [[rename(key), member]]),
);

const DATE = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d+))?(?:Z|\+00:00)$/;

/** What serialisers do to the digits of a fraction: keep them, drop zeros at the end, or write a fixed number. */
const FRACTIONS: readonly ((digits: string) => string)[] = [
  (digits) => digits,
  (digits) => digits.replace(/0+$/, ""),
  ...[0, 3, 6, 7].map((length) => (digits: string) => digits.padEnd(length, "0").slice(0, length)),
];

/**
 * The ways in which serialisers write UTC dates that they have parsed. Each changes the fraction and the offset and
 * leaves other strings unchanged.
 */
export const DATE_REWRITES: readonly ((text: string) => string)[] = FRACTIONS.flatMap((write) =>
  ["Z", "+00:00"].map(
    (offset) => (text: string) =>
      text.replace(
        DATE,
        (_, moment: string, digits = "") => `${[moment, write(digits)].filter(Boolean).join(".")}${offset}`,
      ),
  ),
);
