import type { Body } from "./body.ts";
import type { Row } from "./choice.ts";
import { SAME_BYTES_ON_BOTH_SIDES } from "./fixes.ts";
import * as strings from "./json-text.ts";
import {
  alsoWithStrings,
  COMPACT,
  type JsonStyle,
  PYTHON,
  readJson,
  rewriteAll,
  type StringWriter,
  writeLayouts,
} from "./json-text.ts";
import { DATE_REWRITES, dropNulls, KEY_RENAMES } from "./json-values.ts";
import type { JsonCode, Mistake } from "./mistake.ts";

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
  explanation: `${explanation} Either the sender signs one text and sends another, or the receiver parses the body and serialises it again. A signature covers bytes. Sign the bytes that you send. Verify the bytes that you receive.`,
  fix: SAME_BYTES_ON_BOTH_SIDES,
  where: "either",
  requirement: "SIG-001",
});

/** Writes the body with its strings in other notations, in the original layout and in common layouts. */
const writeWithStrings = ({ json, text }: Body, ...writes: readonly StringWriter[]): Iterable<string> =>
  json && text !== null
    ? rewriteAll([text, ...writeLayouts(json, [COMPACT, PYTHON, ...INDENTED])], writes)
    : [];

/** Changes the body's value and writes the result in several layouts. */
function* writeChanged(
  { json, text }: Body,
  changes: readonly ((value: unknown) => unknown)[],
  styles: readonly JsonStyle[] = COMMON,
): Iterable<string> {
  if (!json || text === null) return;
  for (const change of changes) {
    yield* writeLayouts(readJson(JSON.stringify(change(JSON.parse(text)))).json, styles);
  }
}

const JSON_KEYS_SORTED = mistake(
  "json_keys_sorted",
  "JSON with sorted keys was signed",
  "The signed JSON has its keys in alphabetical order. The keys of the body have another order.",
);
const JSON_CANONICALISED = mistake(
  "json_canonicalised",
  "JSON with keys sorted at every level was signed",
  "Before signing, the JSON was parsed and serialised again with its keys sorted at every level. RFC 8785, Go's json.Marshal of a map and json.dumps(sort_keys=True) sort like this.",
);

const parsed = (value: unknown): unknown => value;

const sort = (styles: readonly JsonStyle[], sorted: JsonStyle["sorted"] = "every_level") =>
  styles.map((style): JsonStyle => ({ ...style, sorted }));

/**
 * Writes the body with sorted keys in the common layouts, both with
 * its tokens unchanged and with ASCII strings.
 */
const writeSorted = ({ json }: Body, sorted: JsonStyle["sorted"]): Iterable<string> =>
  alsoWithStrings(writeLayouts(json, sort(COMMON, sorted)), [strings.ascii]);

/**
 * Mistakes that write the same JSON as other bytes. Each mistake computes, from the received body, the bytes
 * that may have been signed.
 */
export const JSON_MISTAKES: readonly Row<Body, string>[] = [
  {
    mistake: mistake(
      "json_compacted",
      "Compact JSON was signed",
      "The signed JSON has no white space, but the body has white space.",
    ),
    make: ({ json }) => writeLayouts(json, [COMPACT]),
  },
  {
    mistake: mistake(
      "json_python_spaces",
      "JSON with Python's spaces was signed",
      "The signed JSON has a space after each comma and colon, like the output of json.dumps. The body has different spaces.",
    ),
    make: ({ json }) => writeLayouts(json, [PYTHON]),
  },
  {
    mistake: mistake(
      "json_indented",
      "Indented JSON was signed",
      "Indented JSON was signed, but the body has a different layout.",
    ),
    make: ({ json }) => writeLayouts(json, INDENTED),
  },
  {
    mistake: mistake(
      "json_unescaped",
      "JSON without escapes was signed",
      "The signed JSON has plain characters where the body has \\uXXXX or \\/.",
    ),
    make: (body) => writeWithStrings(body, JSON.stringify),
  },
  {
    mistake: mistake(
      "json_non_ascii_escaped",
      "JSON with \\u escapes was signed",
      "The signed JSON has \\uXXXX for each non-ASCII character; the body has the plain characters. json.dumps writes \\uXXXX unless you set ensure_ascii=False.",
    ),
    make: (body) => writeWithStrings(body, strings.ascii, strings.asciiInCapitals),
  },
  {
    mistake: mistake(
      "json_html_escaped",
      "JSON escaped for HTML was signed",
      "The signed JSON has \\uXXXX for <, > and &; the body has the plain characters. System.Text.Json and Go's json.Marshal escape these characters.",
    ),
    make: (body) => writeWithStrings(body, strings.dotnet, strings.go),
  },
  {
    mistake: mistake(
      "json_slashes_escaped",
      "JSON with escaped slashes was signed",
      "The signed JSON has \\/ for each /; the body has plain slashes. PHP's json_encode escapes slashes unless you set JSON_UNESCAPED_SLASHES.",
    ),
    make: (body) => writeWithStrings(body, strings.php, strings.phpUnicode),
  },
  {
    mistake: JSON_KEYS_SORTED,
    make: (body) => writeSorted(body, "every_level"),
  },
  {
    mistake: JSON_KEYS_SORTED,
    exclusive: true,
    make: (body) => writeSorted(body, "top_level"),
  },
  {
    mistake: mistake(
      "json_reparsed",
      "JSON that was parsed and serialised again was signed",
      "Before signing, the JSON was parsed and serialised again. This can change numbers, keys and escapes: 1.0 becomes 1, long numbers lose digits, duplicate keys disappear.",
    ),
    make: (body) => writeChanged(body, [parsed]),
  },
  {
    mistake: JSON_CANONICALISED,
    make: (body) => alsoWithStrings(writeChanged(body, [parsed], sort([COMPACT])), [strings.go]),
  },
  {
    mistake: JSON_CANONICALISED,
    exclusive: true,
    make: (body) =>
      alsoWithStrings(
        [...writeChanged(body, [parsed], sort(COMMON)), ...writeLayouts(body.json, sort(COMMON))],
        [strings.ascii, strings.asciiInCapitals, strings.go, strings.dotnet, strings.php, strings.phpUnicode],
      ),
  },
  {
    mistake: mistake(
      "json_nulls_dropped",
      "JSON without its null members was signed",
      "The signed JSON omits members that are null, but the body has these members. The two JSON serialisers have different settings.",
    ),
    make: (body) => writeChanged(body, [dropNulls]),
  },
  {
    mistake: mistake(
      "json_keys_renamed",
      "JSON with renamed keys was signed",
      "The signed JSON and the body write the same keys in different styles: camelCase, PascalCase or snake_case. The two JSON serialisers have different settings.",
    ),
    exclusive: true,
    make: (body) => writeChanged(body, KEY_RENAMES),
  },
  {
    mistake: mistake(
      "json_dates_rewritten",
      "JSON with dates in another format was signed",
      "The dates in the signed JSON have a different fraction or offset from the dates in the body. Some code parsed and reformatted them, as Newtonsoft.Json does by default.",
    ),
    exclusive: true,
    make: (body) =>
      writeWithStrings(
        body,
        ...DATE_REWRITES.map(
          (rewrite): StringWriter =>
            (text) =>
              JSON.stringify(rewrite(text)),
        ),
      ),
  },
];
