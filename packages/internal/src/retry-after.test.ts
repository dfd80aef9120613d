import { describe, expect, test } from "vitest";
import { readRetryAfter } from "./retry-after.ts";

describe("readRetryAfter", () => {
  const now = Date.parse("2026-11-23T08:00:00Z");
  test.each([
    ["120", 120],
    ["0", 0],
    [" 7 ", 7],
    ["Mon, 23 Nov 2026 08:01:30 GMT", 90],
    ["Mon, 23 Nov 2026 07:00:00 GMT", 0],
    ["Monday, 23-Nov-26 08:01:30 GMT", 90],
    // An asctime date names no time zone and means UTC, even if this machine is in another zone.
    ["Mon Nov 23 08:01:30 2026", 90],
    ["soon", undefined],
    ["-1", undefined],
    ["1.5", undefined],
    ["1e3", undefined],
    ["2027", 2027],
    ["2026-11-23T08:01:30Z", undefined],
    ["Mon, 23 Nov 2026 08:01:30 +0100", undefined],
    ["Mon, 99 Nov 2026 08:01:30 GMT", undefined],
    ["", undefined],
    [null, undefined],
    [undefined, undefined],
  ])("reads %j as %j seconds", (header, seconds) => {
    expect(readRetryAfter(header, now)).toBe(seconds);
  });

  test("reads asctime as UTC in any time zone", () => {
    const zone = process.env["TZ"];
    try {
      process.env["TZ"] = "Asia/Kolkata";
      expect(readRetryAfter("Mon Nov 23 08:01:30 2026", now)).toBe(90);
    } finally {
      if (zone === undefined) delete process.env["TZ"];
      else process.env["TZ"] = zone;
    }
  });
});
