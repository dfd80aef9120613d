import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { calendarDaySchema, timestampSchema } from "./timestamp.ts";
import { sortableTimestamp } from "./values.ts";

describe("timestampSchema", () => {
  test.each([
    "2026-11-23T08:30:00Z",
    "2026-11-23T08:30:00.250Z",
    "2026-11-23T08:30:00.123456789Z",
    "2026-11-23T08:30:00+00:00",
    "2026-11-23T08:30:00-00:00",
    "2024-02-29T23:59:59Z",
  ])("accepts %s", (text) => {
    expect(timestampSchema.safeParse(text).success).toBe(true);
  });

  test.each([
    ["seconds since 1970", 1_764_000_000],
    ["seconds as text", "1764000000"],
    ["local time without a zone", "2026-11-23T08:30:00"],
    ["an offset", "2026-11-23T02:30:00-06:00"],
    ["a space for the T", "2026-11-23 08:30:00Z"],
    ["a day that does not exist", "2026-02-30T00:00:00Z"],
    ["an hour that does not exist", "2026-11-23T24:00:00Z"],
    ["only a day", "2026-11-23"],
    ["ten digits of fraction", "2026-11-23T08:30:00.1234567890Z"],
    ["nothing", ""],
  ])("rejects %s", (_, value) => {
    expect(timestampSchema.safeParse(value).success).toBe(false);
  });
});

test.each([1900, 2000, 2023, 2024, 2100])(
  "accepts the days of the year %d that exist, and no others",
  (year) => {
    for (let month = 1; month <= 12; month += 1)
      for (let day = 1; day <= 31; day += 1) {
        const text = [year, month, day].map((part) => String(part).padStart(2, "0")).join("-");
        const exists = new Date(Date.UTC(year, month - 1, day)).toISOString().startsWith(text);
        expect([text, calendarDaySchema.safeParse(text).success]).toEqual([text, exists]);
      }
  },
);

test.each([
  ["2026-11-23T08:30:00.250Z", "2026-11-23T08:30:00.250Z"],
  ["2026-11-23T08:30:00+00:00", "2026-11-23T08:30:00Z"],
  ["2026-11-23T08:30:00.123456789-00:00", "2026-11-23T08:30:00.123456789Z"],
])("normalizes %s to %s", (written, canonical) => {
  expect(timestampSchema.parse(written)).toBe(canonical);
  expect(timestampSchema.parse(canonical)).toBe(canonical);
});

describe("sortableTimestamp", () => {
  test("sorts like the moments, also below a millisecond", () => {
    const written = ["2026-11-23T08:30:00.1Z", "2026-11-23T08:30:00.10001Z", "2026-11-23T08:30:00.2+00:00"];
    const sorted = [...written].reverse().map(sortableTimestamp).toSorted();
    expect(sorted).toEqual(written.map(sortableTimestamp));
  });

  test("sorts any two dates like their milliseconds", () => {
    const date = fc.date({ min: new Date("1970-01-01"), max: new Date("9999-12-31"), noInvalidDate: true });
    fc.assert(
      fc.property(date, date, (a, b) => {
        const [x, y] = [a, b].map((each) => sortableTimestamp(each.toISOString()));
        expect(Math.sign(a.getTime() - b.getTime())).toBe(x === y ? 0 : (x ?? "") < (y ?? "") ? -1 : 1);
      }),
    );
  });
});
