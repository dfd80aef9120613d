import { describe, expect, test } from "vitest";
import { valueAt } from "./json-pointer.ts";

describe("valueAt", () => {
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
