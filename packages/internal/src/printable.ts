/** Control characters, noncharacters, and characters that change the direction of text. */
const CONTROL =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters to replace
  /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\ufffe\uffff\u202a-\u202e\u2066-\u2069]/g;

/**
 * Replaces control characters in every text of a value, so that a vendor's text cannot move the cursor, color its own
 * verdict or make a document invalid.
 *
 * @param keepLines whether to keep line breaks and tabs
 */
export function toPrintable<T>(value: T, { keepLines = false } = {}): T {
  const change = (text: string) =>
    text
      .toWellFormed()
      .replaceAll(CONTROL, (character) => (keepLines && "\n\t".includes(character) ? character : "\ufffd"));
  const visit = (each: unknown): unknown => {
    if (typeof each === "string") return change(each);
    if (Array.isArray(each)) return each.map(visit);
    if (typeof each !== "object" || each === null) return each;
    return Object.fromEntries(Object.entries(each).map(([name, member]) => [change(name), visit(member)]));
  };
  return visit(value) as T;
}

/** The same characters, except those that JSON always writes as escapes, and the line breaks of indentation. */
const CONTROL_IN_JSON = /[\u007f-\u009f\u061c\u200e\u200f\ufffe\uffff\u202a-\u202e\u2066-\u2069]/g;

/**
 * Writes a value as JSON that is safe to print: whatever a terminal would obey is an escape. A parser reads the same value.
 *
 * @param indent the number of spaces per level. Default: one line
 */
export const stringifyPrintable = (value: unknown, indent?: number): string =>
  JSON.stringify(value, null, indent).replaceAll(
    CONTROL_IN_JSON,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );

/** Makes a vendor's text fit to be shown or stored: printable, and cut if it is longer than `max` characters. */
export const toShownText = (text: string, max = 500): string =>
  toPrintable(text.length > max ? `${text.slice(0, max)}…` : text);

/**
 * Shows any value as JSON in at most `max` characters, such as an invalid member of a vendor's record.
 *
 * @param redact removes secrets from JSON text, before it is cut
 */
export function toShownValue(
  value: unknown,
  redact: (json: string) => string = (json) => json,
  max = 100,
): string {
  if (value === undefined) return "(missing)";
  try {
    return toShownText(redact(JSON.stringify(value)), max);
  } catch {
    return "(nested too deeply to be shown)";
  }
}

/** Writes a text as one word of a shell's command line, so that a vendor's id cannot add a command to a line to copy. */
export const quoteForShell = (text: string): string =>
  /^[\w:/.@%+=-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
