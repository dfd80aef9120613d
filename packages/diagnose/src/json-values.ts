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

const DATE = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d+))?(Z|\+00:00)$/;

/** Makes a function that changes the fraction and the offset of UTC dates and leaves other strings unchanged. */
const rewriteDate =
  (fraction: (digits: string) => string, offset: (given: string) => string) =>
  (text: string): string =>
    text.replace(DATE, (_, moment: string, digits: string | undefined, given: string) => {
      const made = fraction(digits ?? "");
      return `${moment}${made && `.${made}`}${offset(given)}`;
    });

const keep = (given: string): string => given;
const asOffset = (): string => "+00:00";
const asZ = (): string => "Z";
const trimZeros = (digits: string): string => digits.replace(/0+$/, "");
const toLength =
  (length: number) =>
  (digits: string): string =>
    digits.padEnd(length, "0").slice(0, length);

/** The ways in which serialisers write dates that they have parsed. */
export const DATE_REWRITES: readonly ((text: string) => string)[] = [
  rewriteDate(trimZeros, keep),
  rewriteDate(keep, asOffset),
  rewriteDate(keep, asZ),
  rewriteDate(trimZeros, asOffset),
  rewriteDate(toLength(3), asZ),
  rewriteDate(toLength(6), asZ),
  rewriteDate(toLength(7), asZ),
  rewriteDate(toLength(6), asOffset),
  rewriteDate(toLength(7), asOffset),
  rewriteDate(() => "", asZ),
  rewriteDate(() => "", asOffset),
];
