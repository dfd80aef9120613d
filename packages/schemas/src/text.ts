import { z } from "zod";

/**
 * A URL with an authority (RFC 3986). Uses a pattern, not a parser, so that consumers in all languages accept
 * the same URLs.
 */
const HTTP_URL =
  /^[Hh][Tt][Tt][Pp][Ss]?:\/\/(?:(?:[\w.~!$&'()*+,;=:-]|%[0-9A-Fa-f]{2})*@)?(?:\[[0-9A-Fa-f:.]+\]|[\w.~-]+)(?::\d{1,5})?(?:\/(?:[\w.~!$&'()*+,;=:@/-]|%[0-9A-Fa-f]{2})*)?(?:\?(?:[\w.~!$&'()*+,;=:@/?-]|%[0-9A-Fa-f]{2})*)?(?:#(?:[\w.~!$&'()*+,;=:@/?-]|%[0-9A-Fa-f]{2})*)?$/;

/** An absolute http or https URL. Does not check whether the URL may be called; the caller does. */
export const httpUrlSchema = text(1, 2048).regex(
  HTTP_URL,
  "Send an absolute http or https URL, such as https://api.vendor.example.",
);

/** Counts characters the way JSON Schema does: code points, not UTF-16 units. */
function countsBetween(text: string, min: number, max: number): boolean {
  if (text.length < min) return false;
  if (text.length > 2 * max) return false;
  if (text.length <= max && text.length >= 2 * min) return true;
  let count = 0;
  for (const _ of text) count += 1;
  return count >= min && count <= max;
}

/**
 * A text with a minimum and a maximum number of characters. Zod's own `min` and `max` count UTF-16 units and
 * would refuse text that consumers in other languages accept.
 *
 * @param otherwise what may be sent instead, for the error message
 */
export function text(min: number, max: number, otherwise = "") {
  const length = min === 0 ? `at most ${max}` : `${min} to ${max}`;
  const advice = `Send a text of ${length} characters${otherwise}.`;
  return z
    .string({ error: ({ input }) => (input === undefined ? `This field is required. ${advice}` : advice) })
    .refine((value) => countsBetween(value, min, max), { error: advice, abort: true })
    .meta({ ...(min > 0 ? { minLength: min } : {}), maxLength: max });
}
