import { describe, expect, test } from "vitest";
import { text } from "./text.ts";

describe("text counts characters like JSON Schema", () => {
  test.each([
    ["", 1, 4, false],
    ["", 0, 4, true],
    ["abcd", 1, 4, true],
    ["abcde", 1, 4, false],
    ["😀😀😀😀", 1, 4, true],
    ["😀😀😀😀😀", 1, 4, false],
    ["a😀😀😀😀", 1, 4, false],
    ["😀", 2, 4, false],
    ["😀a", 2, 4, true],
  ])("%j between %i and %i: %s", (value, min, max, accepted) => {
    expect(text(min, max).safeParse(value).success).toBe(accepted);
  });
});

test("reports the allowed length, once", () => {
  const advice = (min: number, value: unknown) =>
    text(min, 256)
      .regex(/^[a-z]*$/, "Send small letters.")
      .safeParse(value)
      .error?.issues.map(({ message }) => message);
  expect(advice(1, "")).toEqual(["Send a text of 1 to 256 characters."]);
  expect(advice(1, undefined)).toEqual(["This field is required. Send a text of 1 to 256 characters."]);
  expect(advice(0, "X".repeat(257))).toEqual(["Send a text of at most 256 characters."]);
  expect(advice(0, "X")).toEqual(["Send small letters."]);
});
