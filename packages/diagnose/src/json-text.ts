/** Parsed JSON that keeps its tokens: numbers and strings keep their original notation. */
export type JsonText =
  | { readonly kind: "scalar"; readonly text: string }
  | { readonly kind: "array"; readonly items: readonly JsonText[] }
  | { readonly kind: "object"; readonly members: readonly (readonly [key: string, value: JsonText])[] };

/** The layout of JSON. */
export interface JsonStyle {
  readonly comma: string;
  readonly colon: string;
  /** One level of indentation; absent if the JSON is a single line. */
  readonly indent?: string;
  readonly lineBreak?: string;
  /** Which objects have their members sorted by key. Default: none. */
  readonly sorted?: "top_level" | "every_level";
}

export const COMPACT: JsonStyle = { comma: ",", colon: ":" };
export const PYTHON: JsonStyle = { comma: ", ", colon: ": " };

/** JSON that would take more work to write is not read. The limit also bounds the recursion. */
const MAX_WEIGHT = 2 ** 21;

/** Parsed JSON and the work of writing it. */
interface ReadJson {
  /** `null` if the text is not JSON, or too complex. */
  readonly json: JsonText | null;
  /** The sum of the depths of all values, because an indented value has as many indents as its depth. */
  readonly weight: number;
}

const TOKEN = /\s*("(?:[^"\\]|\\.)*"|[[\]{},:]|[^\s[\]{},:"]+)/gy;

/** Reads JSON that {@link JSON.parse} accepts. */
export function readJson(text: string): ReadJson {
  const tokens = Array.from(text.matchAll(TOKEN), ([, token = ""]) => token);
  let at = 0;
  let weight = 0;
  const next = (): string => tokens[at++] ?? "";

  function value(depth: number): JsonText {
    weight += depth;
    if (weight > MAX_WEIGHT) throw new RangeError("too complex");
    const token = next();
    if (token === "[") return { kind: "array", items: list("]", () => value(depth + 1)) };
    if (token === "{") {
      const member = (): readonly [string, JsonText] => {
        const key = next();
        next();
        return [key, value(depth + 1)];
      };
      return { kind: "object", members: list("}", member) };
    }
    return { kind: "scalar", text: token };
  }

  function list<Item>(end: string, item: () => Item): readonly Item[] {
    const items: Item[] = [];
    if (tokens[at] === end) at += 1;
    else
      do items.push(item());
      while (next() === ",");
    return items;
  }

  try {
    JSON.parse(text);
    return { json: value(1), weight };
  } catch {
    return { json: null, weight };
  }
}

/**
 * Sorts by the decoded keys. If the quoted texts were sorted, `"a b"` would precede `"a"`, because a space is
 * less than a quote.
 */
function sortMembers(members: (JsonText & { kind: "object" })["members"]): typeof members {
  const read = members.map((member) => ({ member, key: JSON.parse(member[0]) as string }));
  return read.toSorted((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0)).map(({ member }) => member);
}

/** Writes JSON in a layout. */
function writeJson(json: JsonText, style: JsonStyle, depth = 0): string {
  if (json.kind === "scalar") return json.text;
  const { comma, colon, indent, lineBreak = "\n", sorted } = style;
  const isSorted = sorted === "every_level" || (sorted === "top_level" && depth === 0);
  const inner = (value: JsonText) => writeJson(value, style, depth + 1);
  const [open, close] = json.kind === "array" ? "[]" : "{}";
  const parts =
    json.kind === "array"
      ? json.items.map(inner)
      : (isSorted ? sortMembers(json.members) : json.members).map(
          ([key, value]) => key + colon + inner(value),
        );
  if (indent === undefined || parts.length === 0) return open + parts.join(comma) + close;
  const margin = lineBreak + indent.repeat(depth);
  return open + parts.map((part) => margin + indent + part).join(comma) + margin + close;
}

/** Writes JSON in several layouts; nothing if there is no JSON. */
export function* writeLayouts(
  json: JsonText | null | undefined,
  styles: readonly JsonStyle[],
): Iterable<string> {
  if (json) for (const style of styles) yield writeJson(json, style);
}

/** Writes a string in one notation. */
export type StringWriter = (text: string) => string;

/** Rewrites every string in each JSON text, including keys, in each notation. */
export function* rewriteAll(texts: readonly string[], writes: readonly StringWriter[]): Iterable<string> {
  for (const write of writes)
    for (const text of texts)
      yield text.replace(/"(?:[^"\\]|\\.)*"/g, (token) => write(JSON.parse(token) as string));
}

/** Yields each JSON text, then each text with its strings in other notations. */
export function* alsoWithStrings(texts: Iterable<string>, writes: readonly StringWriter[]): Iterable<string> {
  const all = [...texts];
  yield* all;
  yield* rewriteAll(all, writes);
}

/** Functions that write JSON strings. Each function imitates the default of one language. */

const escaped = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
const escapedInCapitals = (character: string): string =>
  `\\u${character.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0")}`;

const NOT_PRINTABLE_ASCII = /[^\x20-\x7e]/g;

/** Writes strings with only ASCII characters, like Python and other serialisers. */
export const ascii = (text: string): string => JSON.stringify(text).replace(NOT_PRINTABLE_ASCII, escaped);

export const asciiInCapitals = (text: string): string =>
  JSON.stringify(text).replace(NOT_PRINTABLE_ASCII, escapedInCapitals);

/** Writes strings like Go and Rails. */
export const go = (text: string): string => JSON.stringify(text).replace(/[<>&\u2028\u2029]/g, escaped);

/** Writes strings like System.Text.Json. */
export const dotnet = (text: string): string =>
  JSON.stringify(text)
    .slice(1, -1)
    .replaceAll('\\"', "\\u0022")
    .replace(/[<>&'+`]|[^\x20-\x7e]/g, escapedInCapitals)
    .replace(/^.*$/s, '"$&"');

/** Writes strings like PHP. */
export const php = (text: string): string => ascii(text).replaceAll("/", "\\/");

/** Writes strings like PHP with JSON_UNESCAPED_UNICODE. */
export const phpUnicode = (text: string): string => JSON.stringify(text).replaceAll("/", "\\/");
