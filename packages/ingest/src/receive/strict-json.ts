/** Why a text is not taken for JSON, though a parser might. */
export class StrictJsonError extends Error {
  override readonly name = "StrictJsonError";
}

/** Deeper than any event is, and far from where anybody's recursion ends. */
const DEEPEST = 64;

/** Different bytes stay different text: what is not UTF-8 is not JSON. */
const utf8 = new TextDecoder("utf-8", { fatal: true });

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;

/** How deep a text nests, and how many members its objects have: what stands outside of strings tells. */
function shapeOf(text: string): { readonly depth: number; readonly members: number } {
  let depth = 0;
  let deepest = 0;
  let members = 0;
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code === QUOTE) index = endOfString(text, index);
    else if (code === COLON) members += 1;
    // Both kinds of bracket differ from their ends by two.
    else if (code === 0x7b || code === 0x5b) deepest = Math.max(deepest, ++depth);
    else if (code === 0x7d || code === 0x5d) depth -= 1;
  }
  return { depth: deepest, members };
}

/** @returns where a string that begins at `start` has its closing quote */
export function endOfString(text: string, start: number): number {
  let end = text.indexOf('"', start + 1);
  while (end !== -1) {
    let backslashes = 0;
    while (text.charCodeAt(end - 1 - backslashes) === BACKSLASH) backslashes += 1;
    if (backslashes % 2 === 0) return end;
    end = text.indexOf('"', end + 1);
  }
  return text.length;
}

/** How many members a value's objects have. @throws {StrictJsonError} for one that is a trap for whoever copies it */
function countMembers(value: unknown): number {
  if (typeof value !== "object" || value === null) return 0;
  if (Array.isArray(value)) return value.reduce((sum: number, each) => sum + countMembers(each), 0);
  let members = 0;
  for (const [name, member] of Object.entries(value)) {
    if (name === "__proto__") throw new StrictJsonError("An object has a member called __proto__.");
    members += 1 + countMembers(member);
  }
  return members;
}

/** A body that was read. */
export interface StrictJson {
  readonly text: string;
  readonly value: unknown;
}

/**
 * Reads a body as JSON that cannot mean two things to two readers: UTF-8, no object with two members of one name, none
 * called `__proto__`, and no deeper than 64.
 *
 * @throws {StrictJsonError} says why
 */
export function parseStrictJson(body: Uint8Array): StrictJson {
  let text: string;
  try {
    text = utf8.decode(body);
  } catch {
    throw new StrictJsonError("The body is not UTF-8.");
  }
  const { depth, members } = shapeOf(text);
  if (depth > DEEPEST) throw new StrictJsonError(`The body nests deeper than ${DEEPEST} levels.`);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new StrictJsonError("The body is not JSON.");
  }
  // A parser keeps the last of several members of one name, and another one the first.
  if (countMembers(value) !== members) throw new StrictJsonError("An object has two members of one name.");
  return { text, value };
}
