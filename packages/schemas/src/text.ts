import { z } from "zod";

/** RFC 3986 with an authority, as a pattern, so that readers in all languages accept the same URLs. */
const HTTP_URL =
  /^[Hh][Tt][Tt][Pp][Ss]?:\/\/(?:(?:[\w.~!$&'()*+,;=:-]|%[0-9A-Fa-f]{2})*@)?(?:\[[0-9A-Fa-f:.]+\]|[\w.~-]+)(?::\d{1,5})?(?:\/(?:[\w.~!$&'()*+,;=:@/-]|%[0-9A-Fa-f]{2})*)?(?:\?(?:[\w.~!$&'()*+,;=:@/?-]|%[0-9A-Fa-f]{2})*)?(?:#(?:[\w.~!$&'()*+,;=:@/?-]|%[0-9A-Fa-f]{2})*)?$/;

/** An absolute http or https URL. Does not check whether the URL may be called; the caller does. */
export const httpUrlSchema = text(1, 2048).regex(
  HTTP_URL,
  "Send an absolute http or https URL, such as https://api.vendor.example.",
);

/** Counts characters like JSON Schema: code points, not UTF-16 units. */
function countsBetween(text: string, min: number, max: number): boolean {
  if (text.length < min) return false;
  if (text.length > 2 * max) return false;
  if (text.length <= max && text.length >= 2 * min) return true;
  let count = 0;
  for (const _ of text) count += 1;
  return count >= min && count <= max;
}

/**
 * A text with a minimum and a maximum number of characters. Zod's own `min` and `max` count UTF-16 units and would
 * refuse text that readers in other languages accept.
 *
 * @param otherwise what else may be sent, for the error message
 */
export function text(min: number, max: number, otherwise = "") {
  const length = min === 0 ? `at most ${max}` : `${min} to ${max}`;
  const advice = `Send a text of ${length} characters${otherwise}.`;
  return z
    .string({ error: ({ input }) => (input === undefined ? `This field is required. ${advice}` : advice) })
    .refine((value) => countsBetween(value, min, max), { error: advice, abort: true })
    .meta({ ...(min > 0 ? { minLength: min } : {}), maxLength: max });
}
