import { z } from "zod";

/**
 * Checks the calendar: a pattern would accept February 30, and `Date`
 * would silently turn it into a day in March.
 *
 * @param text begins with `YYYY-MM-DD`
 */
function isRealDay(text: string): boolean {
  // Every month has at least 28 days, and the check below costs more than parsing the rest of a timestamp.
  if (text.slice(8, 10) <= "28") return true;
  const day = text.slice(0, 10);
  const parsed = new Date(`${day}T00:00:00Z`);
  return !Number.isNaN(parsed.getTime()) && parsed.toISOString().slice(0, 10) === day;
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
export type Timestamp = z.infer<typeof timestampSchema>;

/**
 * Rewrites a valid timestamp so that timestamps compare correctly as text, to the nanosecond. `Date` rounds
 * to milliseconds, so two distinct changes could compare as equal.
 *
 * @param timestamp a value that {@link timestampSchema} accepts
 * @returns `YYYY-MM-DDThh:mm:ss.nnnnnnnnnZ`
 */
export function sortableTimestamp(timestamp: Timestamp): string {
  const fraction = /\.(\d+)/.exec(timestamp)?.[1] ?? "";
  return `${timestamp.slice(0, 19)}.${fraction.padEnd(9, "0")}Z`;
}
