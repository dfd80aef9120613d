import type { Body } from "./body.ts";
import type { Row } from "./choice.ts";
import { SAME_BYTES_ON_BOTH_SIDES } from "./fixes.ts";
import * as strings from "./json-strings.ts";
import { type JsonStyle, readJson, rewriteStrings, writeJson } from "./json-text.ts";
import { DATE_REWRITES, dropNulls, KEY_RENAMES } from "./json-values.ts";
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
  explanation: `${explanation} Either the sender signs one text and sends another, or the receiver parses the body and serialises it again. A signature covers bytes: sign the bytes that you send, and verify the bytes that you receive.`,
  fix: SAME_BYTES_ON_BOTH_SIDES,
  where: "either",
  requirement: "SIG-001",
});

/** Writes the body in other layouts, without changing its tokens. */
const writeLayouts = (body: Body, styles: readonly JsonStyle[]): readonly string[] => {
  const { json } = body;
  return json ? styles.map((style) => writeJson(json, style)) : [];
};

/** Writes the body, as it is and in common layouts, with its strings in another notation. */
const writeWithStrings = (body: Body, write: (text: string) => string): readonly string[] =>
  body.json && body.text !== null
    ? [body.text, ...writeLayouts(body, [COMPACT, PYTHON, ...INDENTED])].map((text) =>
        rewriteStrings(text, write),
      )
    : [];

/** Changes the body's value and writes the result in the common layouts. */
function writeChanged(body: Body, change: (value: unknown) => unknown): readonly string[] {
  if (!body.json || body.text === null) return [];
  const json = readJson(JSON.stringify(change(JSON.parse(body.text))));
  return json ? COMMON.map((style) => writeJson(json, style)) : [];
}

const JSON_KEYS_SORTED = mistake(
  "json_keys_sorted",
  "JSON with sorted keys was signed",
  "The JSON that was signed has its keys in alphabetical order; the body does not.",
);
const JSON_CANONICALISED = mistake(
  "json_canonicalised",
  "JSON with keys sorted at every level was signed",
  "The JSON was parsed and serialised again with its keys sorted at every level before it was signed, as RFC 8785, Go's json.Marshal of a map and json.dumps(sort_keys=True) do.",
);

const sortedEverywhere = (style: JsonStyle): JsonStyle => ({ ...style, sorted: "every_level" });

/**
 * Writes the body with sorted keys in the common layouts, both with
 * its tokens unchanged and with ASCII strings.
 */
function writeSorted(body: Body, sorted: NonNullable<JsonStyle["sorted"]>): readonly string[] {
  const texts = writeLayouts(
    body,
    COMMON.map((style) => ({ ...style, sorted })),
  );
  return [...texts, ...texts.map((text) => rewriteStrings(text, strings.ascii))];
}

/** Parses the body and writes it with its keys sorted at every level. */
function writeCanonical({ json, text }: Body, styles: readonly JsonStyle[]): readonly string[] {
  if (!json || text === null) return [];
  const parsed = readJson(JSON.stringify(JSON.parse(text)));
  return parsed ? styles.map((style) => writeJson(parsed, sortedEverywhere(style))) : [];
}

/**
 * Mistakes that write the same JSON as other bytes. From the received body, each one
 * computes the bytes that may have been signed.
 */
export const JSON_MISTAKES: readonly Row<Body, string>[] = [
  {
    mistake: mistake(
      "json_compacted",
      "Compact JSON was signed",
      "JSON without white space was signed, but the body has some.",
    ),
    make: (body) => writeLayouts(body, [COMPACT]),
  },
  {
    mistake: mistake(
      "json_python_spaces",
      "JSON with Python's spaces was signed",
      "JSON with a space after each comma and colon was signed, as json.dumps writes it, but the body has different spaces.",
    ),
    make: (body) => writeLayouts(body, [PYTHON]),
  },
  {
    mistake: mistake(
      "json_indented",
      "Indented JSON was signed",
      "Indented JSON was signed, but the body has a different layout.",
    ),
    make: (body) => writeLayouts(body, INDENTED),
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
      "The signed JSON has \\uXXXX for each non-ASCII character, as json.dumps writes it without ensure_ascii=False; the body has the plain characters.",
    ),
    make: (body) => [
      ...writeWithStrings(body, strings.ascii),
      ...writeWithStrings(body, strings.asciiInCapitals),
    ],
  },
  {
    mistake: mistake(
      "json_html_escaped",
      "JSON escaped for HTML was signed",
      "The signed JSON has \\uXXXX for <, > and &, as System.Text.Json and Go's json.Marshal write it; the body has the plain characters.",
    ),
    make: (body) => [...writeWithStrings(body, strings.dotnet), ...writeWithStrings(body, strings.go)],
  },
  {
    mistake: mistake(
      "json_slashes_escaped",
      "JSON with escaped slashes was signed",
      "The signed JSON has \\/ for each /, as PHP's json_encode writes it without JSON_UNESCAPED_SLASHES; the body has plain slashes.",
    ),
    make: (body) => [...writeWithStrings(body, strings.php), ...writeWithStrings(body, strings.phpUnicode)],
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
      "The JSON was parsed and serialised again before it was signed, which can change numbers, keys and escapes: 1.0 becomes 1, long numbers lose digits, duplicate keys disappear.",
    ),
    make: (body) => writeChanged(body, (value) => value),
  },
  {
    mistake: JSON_CANONICALISED,
    make: (body) => {
      const canonical = writeCanonical(body, [COMPACT]);
      return [...canonical, ...canonical.map((text) => rewriteStrings(text, strings.go))];
    },
  },
  {
    mistake: JSON_CANONICALISED,
    exclusive: true,
    make: (body) =>
      [...writeCanonical(body, COMMON), ...writeLayouts(body, COMMON.map(sortedEverywhere))].flatMap(
        (text) => [
          text,
          ...[
            strings.ascii,
            strings.asciiInCapitals,
            strings.go,
            strings.dotnet,
            strings.php,
            strings.phpUnicode,
          ].map((write) => rewriteStrings(text, write)),
        ],
      ),
  },
  {
    mistake: mistake(
      "json_nulls_dropped",
      "JSON without its null members was signed",
      "The signed JSON omits members that are null and the body has them: the two serialisers have different settings.",
    ),
    make: (body) => writeChanged(body, dropNulls),
  },
  {
    mistake: mistake(
      "json_keys_renamed",
      "JSON with renamed keys was signed",
      "The keys of the signed JSON and of the body differ in camelCase, PascalCase or snake_case: the two serialisers have different settings.",
    ),
    exclusive: true,
    make: (body) => KEY_RENAMES.flatMap((rename) => writeChanged(body, rename)),
  },
  {
    mistake: mistake(
      "json_dates_rewritten",
      "JSON with dates in another format was signed",
      "The dates in the signed JSON have a different fraction or offset than those in the body: something parsed and reformatted them, as Newtonsoft.Json does by default.",
    ),
    exclusive: true,
    make: (body) =>
      DATE_REWRITES.flatMap((rewrite) => writeWithStrings(body, (text) => JSON.stringify(rewrite(text)))),
  },
];
