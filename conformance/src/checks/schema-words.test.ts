import { describe, expect, test } from "vitest";
import { valueAt, wantedBy } from "./schema-words.ts";

test.each([
  ["This field is required. Send a text of 1 to 512 characters.", "a text of 1 to 512 characters"],
  ["Send 1.0.", "1.0"],
  ["Invalid input: expected array, received string", "an array"],
  ["Invalid input: expected number, received undefined", "a number"],
  ["Two keys are the same.", "Two keys are the same."],
])("%s is said as what was expected: %s", (message, expected) => {
  expect(wantedBy(message)).toBe(expected);
});

describe("the value at a pointer", () => {
  const value = { data: [{ "a/b": { "~": 7 } }], text: "word" };
  test.each([
    ["", value],
    ["/data/0/a~1b/~0", 7],
    ["/data/1", undefined],
    ["/text/length", undefined],
    ["/data/length/0", undefined],
    ["/constructor", undefined],
  ])("%s", (pointer, expected) => {
    expect(valueAt(value, pointer)).toEqual(expected);
  });
});
