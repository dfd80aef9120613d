const MONTHS = "Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec";
const TIME = String.raw`\d{2}:\d{2}:\d{2}`;

/**
 * The three date formats of RFC 9110, section 5.6.7. All three are in
 * UTC, although an asctime date does not say so.
 */
const HTTP_DATES = [
  new RegExp(String.raw`^[A-Z][a-z]{2}, \d{2} (?:${MONTHS}) \d{4} ${TIME} GMT$`),
  new RegExp(String.raw`^[A-Z][a-z]+day, \d{2}-(?:${MONTHS})-\d{2} ${TIME} GMT$`),
];
const ASCTIME = new RegExp(String.raw`^[A-Z][a-z]{2} (?:${MONTHS}) [ \d]\d ${TIME} \d{4}$`);

/**
 * @returns Unix milliseconds; `NaN` for any text that is not an HTTP date, even if `Date.parse` would accept
 *   the text
 */
function parseHttpDate(text: string): number {
  if (ASCTIME.test(text)) return Date.parse(`${text} GMT`);
  return HTTP_DATES.some((format) => format.test(text)) ? Date.parse(text) : Number.NaN;
}

/**
 * Reads a `Retry-After` header: whole seconds or an HTTP date.
 *
 * @param now Unix milliseconds
 * @returns seconds to wait, 0 for a date in the past; `undefined` for a missing or malformed header, such as `-1` or `1.5`
 * @see RFC 9110, section 10.2.3
 */
export function readRetryAfter(header: string | null | undefined, now: number): number | undefined {
  const text = header?.trim() ?? "";
  if (/^\d+$/.test(text)) return Number(text);
  const date = parseHttpDate(text);
  return Number.isNaN(date) ? undefined : Math.max(0, (date - now) / 1000);
}
