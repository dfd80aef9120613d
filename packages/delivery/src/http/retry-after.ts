/**
 * Reads `Retry-After`: seconds or an HTTP date (RFC 9110, section 10.2.3). Anything else is as good as absent.
 *
 * @param now Unix milliseconds
 */
export function readRetryAfter(header: string | undefined, now: number): number | undefined {
  if (header === undefined) return undefined;
  if (/^\d+$/.test(header)) return Number(header);
  // Only a date: `Date.parse` would take "-1" and "3.5" for years and months.
  if (!/^[A-Za-z]{3}/.test(header)) return undefined;
  const date = Date.parse(header);
  return Number.isNaN(date) ? undefined : Math.max(0, (date - now) / 1000);
}
