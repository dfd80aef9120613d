/** A text that this parser refuses, even if `JSON.parse` accepts it. */
export class StrictJsonError extends Error {
  override readonly name = "StrictJsonError";
}

/** The maximum depth. It is deeper than any event nests, and far below the recursion limit of any parser. */
const MAX_DEPTH = 64;

/** Throws for invalid UTF-8, so that different bytes never become the same text. */
const utf8 = new TextDecoder("utf-8", { fatal: true });

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;

/**
 * Measures how deeply a text nests and how many members its objects have, by looking only at characters
 * outside strings.
 */
function measure(text: string): { readonly depth: number; readonly members: number } {
  let depth = 0;
  let deepest = 0;
  let members = 0;
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code === QUOTE) index = findStringEnd(text, index);
    else if (code === COLON) members += 1;
    else if (code === 0x7b || code === 0x5b) deepest = Math.max(deepest, ++depth);
    else if (code === 0x7d || code === 0x5d) depth -= 1;
  }
  return { depth: deepest, members };
}

/** Finds the closing quote of the string that starts at `start`. */
function findStringEnd(text: string, start: number): number {
  let end = text.indexOf('"', start + 1);
  while (end !== -1) {
    let backslashes = 0;
    while (text.charCodeAt(end - 1 - backslashes) === BACKSLASH) backslashes += 1;
    if (backslashes % 2 === 0) return end;
    end = text.indexOf('"', end + 1);
  }
  return text.length;
}

/** Counts the members of all objects in a value. @throws {StrictJsonError} for `__proto__`, which is unsafe to copy */
function countMembers(value: unknown): number {
  if (typeof value !== "object" || value === null) return 0;
  if (Array.isArray(value)) return value.reduce((sum: number, each) => sum + countMembers(each), 0);
  let members = 0;
  for (const [name, member] of Object.entries(value)) {
    if (name === "__proto__") throw new StrictJsonError("An object has a member named __proto__.");
    members += 1 + countMembers(member);
  }
  return members;
}

/** A parsed body. */
export interface StrictJson {
  readonly text: string;
  readonly value: unknown;
}

/** How `JSON.parse` of Node 22 and later calls a reviver; `source` is the text of a number. */
type Reviver = (name: string, value: unknown, context: { readonly source?: string }) => unknown;

const keepBigIntegers: Reviver = (_, value, { source }) =>
  typeof value === "number" && !Number.isSafeInteger(value) && source !== undefined && /^-?\d+$/.test(source)
    ? source
    : value;

/**
 * Parses a body, but only if every JSON parser would read it alike: UTF-8, no duplicate member names, no
 * `__proto__`, and at most 64 levels deep.
 *
 * @param options.bigIntegers `text` keeps an integer beyond 2^53 as its digits, because a rounded id is another id
 * @throws {StrictJsonError}
 */
export function parseStrictJson(
  body: Uint8Array,
  { bigIntegers = "rounded" }: { readonly bigIntegers?: "rounded" | "text" } = {},
): StrictJson {
  let text: string;
  try {
    text = utf8.decode(body);
  } catch {
    throw new StrictJsonError("The body is not UTF-8.");
  }
  const { depth, members } = measure(text);
  if (depth > MAX_DEPTH) throw new StrictJsonError(`The body is nested deeper than ${MAX_DEPTH} levels.`);
  let value: unknown;
  try {
    // A reviver makes parsing several times as slow, so it is used only where a number can be that large.
    const revive = bigIntegers === "text" && /\d{16}/.test(text) ? keepBigIntegers : undefined;
    value = JSON.parse(text, revive as Parameters<typeof JSON.parse>[1]);
  } catch {
    throw new StrictJsonError("The body is not JSON.");
  }
  // If a member name occurs twice, some parsers keep the first member, others the last.
  if (countMembers(value) !== members)
    throw new StrictJsonError("An object has two members with the same name.");
  return { text, value };
}

/**
 * Splits a JSON array into the texts of its elements. Parsing and re-serializing the elements would round
 * their numbers.
 *
 * @param text a valid JSON array
 */
export function splitJsonArray(text: string): string[] {
  const elements: string[] = [];
  const begin = text.indexOf("[") + 1;
  let depth = 0;
  let start = begin;
  for (let index = begin; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code === QUOTE) index = findStringEnd(text, index);
    else if (code === 0x7b || code === 0x5b) depth += 1;
    else if (depth > 0 && (code === 0x7d || code === 0x5d)) depth -= 1;
    else if (depth === 0 && (code === 0x2c || code === 0x5d)) {
      const element = text.slice(start, index).trim();
      if (element !== "") elements.push(element);
      start = index + 1;
      if (code === 0x5d) break;
    }
  }
  return elements;
}
