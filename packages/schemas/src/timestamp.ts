import { z } from "zod";

const MONTHS_OF_30_DAYS = new Set(["04", "06", "09", "11"]);

function isLeapYear(year: number): boolean {
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
}

/**
 * Checks the calendar, because a pattern would accept February 30, and `Date` would silently turn it into a day in March.
 * Compares text, because a `Date` costs more than the rest of the check, and a run reads thousands of timestamps.
 *
 * @param text begins with `YYYY-MM-DD`; the month is 01 to 12 and the day 01 to 31
 */
function isRealDay(text: string): boolean {
  const [month, day] = [text.slice(5, 7), text.slice(8, 10)];
  if (month === "02") return day < "29" || (day === "29" && isLeapYear(Number(text.slice(0, 4))));
  return day < "31" || !MONTHS_OF_30_DAYS.has(month);
}

const DAY_ADVICE = "Send a calendar day, such as 2029-06-30.";

/** A calendar day, such as the end of a warranty. @see spec/1.0/contract.md#timestamps */
export const calendarDaySchema = z
  .string(DAY_ADVICE)
  .regex(/^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])$/, { error: DAY_ADVICE, abort: true })
  .refine(isRealDay, "This day does not exist in the calendar.")
  .meta({ format: "date", description: "Calendar day.", examples: ["2029-06-30"] });

const UTC_TIMESTAMP =
  /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,9})?(?:Z|[+-]00:00)$/;

const ADVICE = "Send an RFC 3339 timestamp in UTC, such as 2026-11-23T08:30:00.250Z.";

/**
 * A moment on the wire: RFC 3339 in UTC, up to nanoseconds. Normalizes `+00:00`, as Python writes it, to `Z`.
 * @see spec/1.0/contract.md#timestamps
 */
export const timestampSchema = z
  .string(ADVICE)
  .regex(UTC_TIMESTAMP, { error: ADVICE, abort: true })
  .refine(isRealDay, "This day does not exist in the calendar.")
  .overwrite((text) => text.replace(/[+-]00:00$/, "Z"))
  .meta({
    format: "date-time",
    description: "RFC 3339 timestamp in UTC.",
    examples: ["2026-11-23T08:30:00.250Z"],
  });
