import { describe, expect, test } from "vitest";
import { httpUrlSchema, text } from "./text.ts";

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

describe("httpUrlSchema", () => {
  test.each([
    "https://api.vendor.example",
    "HTTPS://API.vendor.example/",
    "http://127.0.0.1:8080/hooks?a=b&c=%20d#e",
    "http://[::1]:8080",
    "https://name:word@api.vendor.example/v1",
    "https://api.vendor.example?x=/?",
  ])("accepts %s", (url) => {
    expect(httpUrlSchema.parse(url)).toBe(url);
    expect(URL.canParse(url)).toBe(true);
  });

  test.each([
    "",
    "api.vendor.example",
    "/v1/devices",
    "//api.vendor.example",
    "ftp://api.vendor.example",
    "javascript:alert(1)",
    "https://",
    "https:///v1",
    "https://api.vendor.example /v1",
    "https://api.vendor.example/a b",
    "https://api.vendor.example/%2",
    "https://api.vendor.example/<v1>",
    "https://api.vendor.example:port",
    "https://api.vendor.example#a#b",
    "https://api.vendor.example\n",
    `https://api.vendor.example/${"x".repeat(2048)}`,
  ])("rejects %j", (url) => {
    expect(httpUrlSchema.safeParse(url).success).toBe(false);
  });
});
