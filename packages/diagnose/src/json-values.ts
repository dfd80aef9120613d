/** What serialisers with other settings make of one value. */

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

/** Leaves out the members that are null. */
export const withoutNulls: Change = (value) =>
  mapMembers(value, (member) => (member[1] === null ? [] : [member]));

const camel = (key: string): string =>
  key.replace(/_+([a-z\d])/gi, (_, letter: string) => letter.toUpperCase());
const RENAMES: readonly ((key: string) => string)[] = [
  (key) => camel(key).replace(/^[A-Z]/, (letter) => letter.toLowerCase()),
  (key) => camel(key).replace(/^[a-z]/, (letter) => letter.toUpperCase()),
  (key) => key.replace(/(?<=[a-z\d])[A-Z]/g, (letter) => `_${letter}`).toLowerCase(),
];

/** camelCase, PascalCase, snake_case. */
export const keysRenamed: readonly Change[] = RENAMES.map(
  (rename): Change =>
    (value) =>
      mapMembers(value, ([key, member]) => [[rename(key), member]]),
);

const DATE = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d+))?(Z|\+00:00)$/;

/** Gives dates in UTC another fraction and offset; other texts stay. */
const dates =
  (fraction: (digits: string) => string, offset: (given: string) => string) =>
  (text: string): string =>
    text.replace(DATE, (_, moment: string, digits: string | undefined, given: string) => {
      const made = fraction(digits ?? "");
      return `${moment}${made && `.${made}`}${offset(given)}`;
    });

const same = (given: string): string => given;
const asOffset = (): string => "+00:00";
const asZ = (): string => "Z";
const trimmed = (digits: string): string => digits.replace(/0+$/, "");
const toLength =
  (length: number) =>
  (digits: string): string =>
    digits.padEnd(length, "0").slice(0, length);

/** Dates as serialisers write them that parse them first. */
export const datesRewritten: readonly ((text: string) => string)[] = [
  dates(trimmed, same),
  dates(same, asOffset),
  dates(same, asZ),
  dates(trimmed, asOffset),
  dates(toLength(3), asZ),
  dates(toLength(6), asZ),
  dates(toLength(7), asZ),
  dates(toLength(6), asOffset),
  dates(toLength(7), asOffset),
  dates(() => "", asZ),
  dates(() => "", asOffset),
];
