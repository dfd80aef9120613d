import { describe, expect, it } from "vitest";
import { readRetryAfter } from "./retry-after.ts";

describe("readRetryAfter", () => {
  const now = Date.parse("2026-11-23T08:00:00Z");
  it.each([
    ["120", 120],
    ["0", 0],
    ["Mon, 23 Nov 2026 08:01:30 GMT", 90],
    ["Mon, 23 Nov 2026 07:00:00 GMT", 0],
    ["soon", undefined],
    ["-1", undefined],
    ["1.5", undefined],
    ["", undefined],
    [undefined, undefined],
  ])("reads %j as %j", (header, seconds) => {
    expect(readRetryAfter(header, now)).toBe(seconds);
  });
});
