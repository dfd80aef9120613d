import { describe, expect, it } from "vitest";
import { readRetryAfter } from "./send.ts";

describe("readRetryAfter", () => {
  const now = new Date("2026-11-23T08:00:00Z");
  it.each([
    ["120", 120],
    ["0", 0],
    ["Mon, 23 Nov 2026 08:01:30 GMT", 90],
    ["Mon, 23 Nov 2026 07:00:00 GMT", 0],
    ["soon", undefined],
    ["", undefined],
    [null, undefined],
  ])("reads %j as %j", (header, seconds) => {
    expect(readRetryAfter(header, now)).toBe(seconds);
  });
});
