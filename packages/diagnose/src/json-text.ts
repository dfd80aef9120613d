/** JSON as it is written: numbers and texts keep the characters they have. */
export type JsonText =
  | { readonly kind: "scalar"; readonly text: string }
  | { readonly kind: "array"; readonly items: readonly JsonText[] }
  | { readonly kind: "object"; readonly members: readonly (readonly [key: string, value: JsonText])[] };

/** How the tokens of JSON are put together. */
export interface JsonStyle {
  readonly comma: string;
  readonly colon: string;
  /** One level of indentation; absent for all in one line. */
  readonly indent?: string;
  readonly lineBreak?: string;
  /** Puts the members of each object in the order of their keys. */
  readonly sorted?: boolean;
}

/** Nothing honest is nested deeper, and reading goes down by recursion. */
const DEEPEST = 200;

const TOKEN = /\s*("(?:[^"\\]|\\.)*"|[[\]{},:]|[^\s[\]{},:"]+)/gy;

/** Reads JSON that {@link JSON.parse} reads; `null` for what it does not, and for what is nested too deep. */
export function readJson(text: string): JsonText | null {
  try {
    JSON.parse(text);
  } catch {
    return null;
  }
  const tokens = Array.from(text.matchAll(TOKEN), ([, token = ""]) => token);
  let at = 0;
  const next = (): string => tokens[at++] ?? "";

  function value(depth: number): JsonText {
    if (depth > DEEPEST) throw new RangeError("nested too deep");
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
    return value(0);
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}

const byKey = ([a]: readonly [string, JsonText], [b]: readonly [string, JsonText]): number =>
  a < b ? -1 : a > b ? 1 : 0;

/** Writes JSON in a style. */
export function writeJson(json: JsonText, style: JsonStyle, depth = 0): string {
  if (json.kind === "scalar") return json.text;
  const { comma, colon, indent, lineBreak = "\n", sorted = false } = style;
  const inner = (value: JsonText) => writeJson(value, style, depth + 1);
  const [open, close] = json.kind === "array" ? "[]" : "{}";
  const parts =
    json.kind === "array"
      ? json.items.map(inner)
      : (sorted ? json.members.toSorted(byKey) : json.members).map(
          ([key, value]) => key + colon + inner(value),
        );
  if (indent === undefined || parts.length === 0) return open + parts.join(comma) + close;
  const margin = lineBreak + indent.repeat(depth);
  return open + parts.map((part) => margin + indent + part).join(comma) + margin + close;
}

/** Writes every text in JSON, keys as well, in another way; everything else stays. */
export const rewriteStrings = (json: string, write: (text: string) => string): string =>
  json.replace(/"(?:[^"\\]|\\.)*"/g, (token) => write(JSON.parse(token) as string));
