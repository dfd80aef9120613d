import { z } from "zod";

const UTC_TIMESTAMP =
  /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,9})?(?:Z|\+00:00)$/;

/** February 30 matches the pattern, and `Date` would silently make it March. */
const isRealDate = (text: string): boolean => {
  const day = text.slice(0, 10);
  const parsed = new Date(`${day}T00:00:00Z`);
  return !Number.isNaN(parsed.getTime()) && parsed.toISOString().slice(0, 10) === day;
};

/**
 * A moment on the wire: RFC 3339 in UTC, written with `Z` (or `+00:00`, as Python does), up to nanoseconds.
 * @see spec/1.0/contract.md#timestamps
 */
export const timestampSchema = z
  .string()
  .regex(UTC_TIMESTAMP, "Send an RFC 3339 timestamp in UTC, such as 2026-11-23T08:30:00.250Z.")
  .refine(isRealDate, "This day does not exist in the calendar.")
  .meta({ format: "date-time", example: "2026-11-23T08:30:00.250Z" });
export type Timestamp = z.infer<typeof timestampSchema>;

/**
 * Rewrites a valid timestamp so that comparing two of them as text compares the moments, to the nanosecond
 * (`Date` would round to milliseconds and call two distinct changes simultaneous).
 *
 * @param timestamp as {@link timestampSchema} accepts it
 * @returns `YYYY-MM-DDThh:mm:ss.nnnnnnnnnZ`
 */
export function sortableTimestamp(timestamp: Timestamp): string {
  const fraction = /\.(\d+)/.exec(timestamp)?.[1] ?? "";
  return `${timestamp.slice(0, 19)}.${fraction.padEnd(9, "0")}Z`;
}
