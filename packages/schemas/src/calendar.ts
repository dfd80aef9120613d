import { z } from "zod";

/** Checks the calendar: a pattern accepts February 30, and `Date` silently makes it March. @param text begins with `YYYY-MM-DD` */
export function isRealDay(text: string): boolean {
  // Every month has these days, and the check below costs more than parsing the rest of a timestamp.
  if (text.slice(8, 10) <= "28") return true;
  const day = text.slice(0, 10);
  const parsed = new Date(`${day}T00:00:00Z`);
  return !Number.isNaN(parsed.getTime()) && parsed.toISOString().slice(0, 10) === day;
}

const ADVICE = "Send a calendar day, such as 2029-06-30.";

/** A calendar day, such as the end of a warranty. @see spec/1.0/contract.md#timestamps */
export const calendarDaySchema = z
  .string(ADVICE)
  .regex(/^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])$/, { error: ADVICE, abort: true })
  .refine(isRealDay, "This day does not exist in the calendar.")
  .meta({ format: "date", description: "Calendar day.", examples: ["2029-06-30"] });
