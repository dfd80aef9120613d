import { vectorFile } from "../vector-file.ts";

/** Builds the case of a valid timestamp, with its time in nanoseconds. */
const moment = (name: string, input: string, canonical: string, unix_nanoseconds: string) => ({
  name,
  input,
  canonical,
  unix_nanoseconds,
});

/** Builds the case of a string that is not a valid timestamp. */
const none = (name: string, input: string, reason: string) => ({
  name,
  input,
  canonical: null,
  unix_nanoseconds: null,
  reason,
});

const BEYOND_UTC = "Times are in UTC: Z or +00:00.";
const NO_OFFSET = "Without Z or +00:00 the moment is ambiguous.";
const NO_SUCH_DAY = "This day does not exist.";
const NOT_RFC_3339 = "Times are RFC 3339, such as 2026-11-23T08:30:00.250Z.";
const NO_NUMBER = "A number does not show its unit.";
const OUT_OF_RANGE = "Hours are 00 to 23, minutes and seconds 00 to 59.";

/** Test vectors for timestamps. @see spec/1.0/contract.md#timestamps */
export const timestamps = vectorFile(
  "Timestamps as vendors write them, their normalized form, and the moment in nanoseconds since 1970. The number of nanoseconds is beyond 2^53, so it is a string. null means that the input is not a timestamp, so the payload is invalid.",
  [
    moment("whole seconds", "2026-11-23T08:30:00Z", "2026-11-23T08:30:00Z", "1795422600000000000"),
    moment("milliseconds", "2026-11-23T08:30:00.250Z", "2026-11-23T08:30:00.250Z", "1795422600250000000"),
    moment(
      "one digit of fraction",
      "2026-11-23T08:30:00.5Z",
      "2026-11-23T08:30:00.5Z",
      "1795422600500000000",
    ),
    moment(
      "microseconds",
      "2026-11-23T08:30:00.000001Z",
      "2026-11-23T08:30:00.000001Z",
      "1795422600000001000",
    ),
    moment(
      "nanoseconds",
      "2026-11-23T08:30:00.123456789Z",
      "2026-11-23T08:30:00.123456789Z",
      "1795422600123456789",
    ),
    moment(
      "one nanosecond later",
      "2026-11-23T08:30:00.123456790Z",
      "2026-11-23T08:30:00.123456790Z",
      "1795422600123456790",
    ),
    moment(
      "+00:00, as Python writes it",
      "2026-11-23T08:30:00+00:00",
      "2026-11-23T08:30:00Z",
      "1795422600000000000",
    ),
    moment(
      "+00:00 after microseconds",
      "2026-11-23T08:30:00.250000+00:00",
      "2026-11-23T08:30:00.250000Z",
      "1795422600250000000",
    ),
    moment("-00:00", "2026-11-23T08:30:00-00:00", "2026-11-23T08:30:00Z", "1795422600000000000"),
    moment(
      "the last second of a year",
      "2026-12-31T23:59:59.999999999Z",
      "2026-12-31T23:59:59.999999999Z",
      "1798761599999999999",
    ),
    moment("a leap day", "2028-02-29T00:00:00Z", "2028-02-29T00:00:00Z", "1835395200000000000"),
    moment("the leap day of 2000", "2000-02-29T12:00:00Z", "2000-02-29T12:00:00Z", "951825600000000000"),
    moment("the beginning of 1970", "1970-01-01T00:00:00Z", "1970-01-01T00:00:00Z", "0"),
    moment("before 1970", "1969-12-31T23:59:59.5Z", "1969-12-31T23:59:59.5Z", "-500000000"),
    none("an offset east", "2026-11-23T09:30:00+01:00", BEYOND_UTC),
    none("an offset west", "2026-11-23T02:30:00-06:00", BEYOND_UTC),
    none("UTC in letters", "2026-11-23T08:30:00 UTC", NOT_RFC_3339),
    none("+00 without minutes", "2026-11-23T08:30:00+00", NOT_RFC_3339),
    none("+0000 without a colon", "2026-11-23T08:30:00+0000", NOT_RFC_3339),
    none("no offset", "2026-11-23T08:30:00", NO_OFFSET),
    none("a space for T", "2026-11-23 08:30:00Z", NOT_RFC_3339),
    none("t and z in lower case", "2026-11-23t08:30:00z", NOT_RFC_3339),
    none("no seconds", "2026-11-23T08:30Z", NOT_RFC_3339),
    none("only a day", "2026-11-23", NOT_RFC_3339),
    none("ten digits of fraction", "2026-11-23T08:30:00.1234567890Z", "A fraction has up to nine digits."),
    none("a decimal point without a fraction", "2026-11-23T08:30:00.Z", NOT_RFC_3339),
    none("a comma before the fraction", "2026-11-23T08:30:00,250Z", NOT_RFC_3339),
    none("the 30th of February", "2026-02-30T08:30:00Z", NO_SUCH_DAY),
    none("the 29th of February of a common year", "2026-02-29T08:30:00Z", NO_SUCH_DAY),
    none("the 29th of February 1900", "1900-02-29T08:30:00Z", NO_SUCH_DAY),
    none("the 31st of April", "2026-04-31T08:30:00Z", NO_SUCH_DAY),
    none("month 13", "2026-13-01T08:30:00Z", NO_SUCH_DAY),
    none("day 0", "2026-11-00T08:30:00Z", NO_SUCH_DAY),
    none("hour 24", "2026-11-23T24:00:00Z", OUT_OF_RANGE),
    none("minute 60", "2026-11-23T08:60:00Z", OUT_OF_RANGE),
    none("a leap second", "2016-12-31T23:59:60Z", OUT_OF_RANGE),
    none("a year of two digits", "26-11-23T08:30:00Z", NOT_RFC_3339),
    none("a year of five digits", "+12026-11-23T08:30:00Z", NOT_RFC_3339),
    none("in US notation", "11/23/2026 08:30:00 AM", NOT_RFC_3339),
    none("in the notation of HTTP headers", "Mon, 23 Nov 2026 08:30:00 GMT", NOT_RFC_3339),
    none("seconds since 1970", "1795422600", NO_NUMBER),
    none("milliseconds since 1970", "1795422600000", NO_NUMBER),
    none("a leading space", " 2026-11-23T08:30:00Z", NOT_RFC_3339),
    none("a trailing line end", "2026-11-23T08:30:00Z\n", NOT_RFC_3339),
    none("digits of another script", "２026-11-23T08:30:00Z", NOT_RFC_3339),
    none("an empty string", "", "Omit an unknown time, or send null."),
  ],
);
