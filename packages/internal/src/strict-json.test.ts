import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseStrictJson, StrictJsonError, splitJsonArray } from "./strict-json.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const nested = (depth: number) => "[".repeat(depth) + "]".repeat(depth);

/** Generates JSON without `__proto__`, which the parser refuses. */
const json = fc.jsonValue().filter((value) => !JSON.stringify(value).includes("__proto__"));
const spaced = fc.constantFrom(0, 1, 2);

describe("a JSON body", () => {
  test("is parsed like JSON.parse, whatever its whitespace", () => {
    fc.assert(
      fc.property(json, spaced, (value, indent) => {
        const text = JSON.stringify(value, null, indent);
        fc.pre(depthOf(value) <= 64);
        expect(parseStrictJson(bytes(text))).toEqual({ text, value: JSON.parse(text) });
      }),
      { numRuns: 2000 },
    );
  });

  test("may have brackets, colons, quotes and backslashes in strings", () => {
    const value = { '[{":\\"}]': 'a\\":{[', "\\": "\\\\", "": '"' };
    expect(parseStrictJson(bytes(JSON.stringify(value))).value).toEqual(value);
  });

  test("keeps the digits of large integers as text if asked", () => {
    const text = '{"id":12345678901234567890,"ids":[-9007199254740993,9007199254740991],"x":1e300,"y":0.25}';
    expect(parseStrictJson(bytes(text), { bigIntegers: "text" }).value).toEqual({
      id: "12345678901234567890",
      ids: ["-9007199254740993", 9007199254740991],
      x: 1e300,
      y: 0.25,
    });
    expect(parseStrictJson(bytes("[12345678901234567890]")).value).toEqual([12345678901234567000]);
  });

  test("may be nested 64 levels deep", () => {
    expect(() => parseStrictJson(bytes(nested(64)))).not.toThrow();
  });
});

function depthOf(value: unknown): number {
  if (typeof value !== "object" || value === null) return 0;
  return 1 + Math.max(0, ...Object.values(value).map(depthOf));
}

describe("a refused body", () => {
  test.each([
    ["not JSON", "{"],
    ["two values", "{} {}"],
    ["empty", ""],
    ["cut off in a string", '{"a":"b'],
    ["cut off after a backslash", '{"a":"b\\'],
    ["nested deeper than 64", nested(65)],
    ["nested without end", "[".repeat(200_000)],
    ["duplicate names", '{"a":1,"a":2}'],
    ["duplicate names, one escaped", '{"a":1,"\\u0061":2}'],
    ["nested duplicate names", '[{"b":{"a":1,"c":2,"a":1}}]'],
    ["__proto__", '{"__proto__":{"polluted":true}}'],
    ["an escaped __proto__", '[{"\\u005f_proto__":1}]'],
  ])("%s", (_, text) => {
    expect(() => parseStrictJson(bytes(text))).toThrow(StrictJsonError);
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });

  test("not UTF-8", () => {
    expect(() => parseStrictJson(Uint8Array.of(0x22, 0xff, 0x22))).toThrow(StrictJsonError);
  });
});

test("splitJsonArray returns the exact text of each element", () => {
  expect(splitJsonArray(' [ {"n":1.0e2} , "a,]b" ,[1, 2],3\n]')).toEqual([
    '{"n":1.0e2}',
    '"a,]b"',
    "[1, 2]",
    "3",
  ]);
  expect(splitJsonArray("[]")).toEqual([]);
  fc.assert(
    fc.property(fc.array(json), spaced, (values, indent) => {
      const elements = splitJsonArray(JSON.stringify(values, null, indent));
      expect(elements.map((element) => JSON.parse(element))).toEqual(JSON.parse(JSON.stringify(values)));
    }),
    { numRuns: 2000 },
  );
});
