import type { Body } from "./body.ts";
import type { Row } from "./choice.ts";
import { SAME_BYTES_ON_BOTH_SIDES } from "./fixes.ts";
import * as strings from "./json-strings.ts";
import { type JsonStyle, readJson, rewriteStrings, writeJson } from "./json-text.ts";
import { datesRewritten, keysRenamed, withoutNulls } from "./json-values.ts";
import type { JsonCode, Mistake } from "./mistake.ts";

const COMPACT: JsonStyle = { comma: ",", colon: ":" };
const PYTHON: JsonStyle = { comma: ", ", colon: ": " };
const indented = (indent: string, lineBreak = "\n"): JsonStyle => ({
  comma: ",",
  colon: ": ",
  indent,
  lineBreak,
});
const INDENTED: readonly JsonStyle[] = [
  indented("  "),
  indented("    "),
  indented("\t"),
  indented("  ", "\r\n"),
  indented("    ", "\r\n"),
];
const COMMON: readonly JsonStyle[] = [COMPACT, PYTHON, indented("  "), indented("    ")];

const mistake = (code: JsonCode, title: string, explanation: string): Mistake => ({
  code,
  title,
  explanation: `${explanation} Either the sender signs one text and sends another, or the receiver parses the body and writes it anew: a signature covers bytes, so sign what is sent and verify what came.`,
  fix: SAME_BYTES_ON_BOTH_SIDES,
  where: "either",
  requirement: "SIG-001",
});

/** The body in other layouts, as its tokens are written. */
const laidOut = (body: Body, styles: readonly JsonStyle[]): readonly string[] => {
  const { json } = body;
  return json ? styles.map((style) => writeJson(json, style)) : [];
};

/** The body as it is and in the common layouts, each with its texts written otherwise. */
const respelled = (body: Body, write: (text: string) => string): readonly string[] =>
  body.json && body.text !== null
    ? [body.text, ...laidOut(body, [COMPACT, PYTHON, ...INDENTED])].map((text) => rewriteStrings(text, write))
    : [];

/** The common layouts of what became of the body's value. */
function rewritten(body: Body, change: (value: unknown) => unknown): readonly string[] {
  if (!body.json || body.text === null) return [];
  const json = readJson(JSON.stringify(change(JSON.parse(body.text))));
  return json ? COMMON.map((style) => writeJson(json, style)) : [];
}

/** The same JSON in other bytes: what was signed, given what came. */
export const JSON_MISTAKES: readonly Row<Body, string>[] = [
  {
    mistake: mistake(
      "json_compacted",
      "Compact JSON was signed",
      "JSON without white space was signed, and the body has some.",
    ),
    make: (body) => laidOut(body, [COMPACT]),
  },
  {
    mistake: mistake(
      "json_python_spaces",
      "JSON with Python's spaces was signed",
      "JSON with a space after each comma and colon was signed, as json.dumps writes it, and the body has other ones.",
    ),
    make: (body) => laidOut(body, [PYTHON]),
  },
  {
    mistake: mistake(
      "json_indented",
      "Indented JSON was signed",
      "JSON over several lines was signed, and the body is laid out otherwise.",
    ),
    make: (body) => laidOut(body, INDENTED),
  },
  {
    mistake: mistake(
      "json_unescaped",
      "JSON without escapes was signed",
      "JSON with the letters themselves was signed, and the body has \\uXXXX or \\/ for some.",
    ),
    make: (body) => respelled(body, JSON.stringify),
  },
  {
    mistake: mistake(
      "json_non_ascii_escaped",
      "JSON with \\u escapes was signed",
      "JSON in which each letter beyond ASCII is \\uXXXX was signed, as json.dumps writes it unless ensure_ascii=False, and the body has the letters themselves.",
    ),
    make: (body) => [...respelled(body, strings.ascii), ...respelled(body, strings.asciiInCapitals)],
  },
  {
    mistake: mistake(
      "json_html_escaped",
      "JSON escaped for HTML was signed",
      "JSON in which <, > and & are \\uXXXX was signed, as System.Text.Json and Go's json.Marshal write it, and the body has the characters themselves.",
    ),
    make: (body) => [...respelled(body, strings.dotnet), ...respelled(body, strings.go)],
  },
  {
    mistake: mistake(
      "json_slashes_escaped",
      "JSON with escaped slashes was signed",
      "JSON in which each / is \\/ was signed, as PHP's json_encode writes it unless JSON_UNESCAPED_SLASHES, and the body has the slashes themselves.",
    ),
    make: (body) => [...respelled(body, strings.php), ...respelled(body, strings.phpUnicode)],
  },
  {
    mistake: mistake(
      "json_keys_sorted",
      "JSON with sorted keys was signed",
      "JSON with its keys in alphabetical order was signed, and the body has them in another.",
    ),
    make: (body) => {
      const sorted = laidOut(
        body,
        COMMON.map((style) => ({ ...style, sorted: true })),
      );
      return [...sorted, ...sorted.map((text) => rewriteStrings(text, strings.ascii))];
    },
  },
  {
    mistake: mistake(
      "json_reparsed",
      "JSON that was parsed and written anew was signed",
      "The body was parsed and written anew, in which numbers, keys and escapes can change: 1.0 becomes 1, a long number loses digits, a key that is there twice goes.",
    ),
    make: (body) => rewritten(body, (value) => value),
  },
  {
    mistake: mistake(
      "json_nulls_dropped",
      "JSON without its null members was signed",
      "JSON in which members that are null were left out was signed, and the body has them: two serialisers with other settings.",
    ),
    make: (body) => rewritten(body, withoutNulls),
  },
  {
    mistake: mistake(
      "json_keys_renamed",
      "JSON with other names was signed",
      "JSON with its keys in camelCase, PascalCase or snake_case was signed, and the body has them in another: two serialisers with other settings.",
    ),
    alone: true,
    make: (body) => keysRenamed.flatMap((rename) => rewritten(body, rename)),
  },
  {
    mistake: mistake(
      "json_dates_rewritten",
      "JSON with dates in another writing was signed",
      "The dates in the JSON that was signed have another fraction or offset than those in the body: something parsed them and wrote them anew, as Newtonsoft.Json does by default.",
    ),
    alone: true,
    make: (body) =>
      datesRewritten.flatMap((rewrite) => respelled(body, (text) => JSON.stringify(rewrite(text)))),
  },
];
