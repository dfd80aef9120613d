import { vectorFile } from "../vector-file.ts";

/** A timestamp that is one, with the moment that it names. */
const moment = (name: string, input: string, canonical: string, unix_nanoseconds: string) => ({
  name,
  input,
  canonical,
  unix_nanoseconds,
});

/** A text that is no timestamp of the contract. */
const none = (name: string, input: string, reason: string) => ({
  name,
  input,
  canonical: null,
  unix_nanoseconds: null,
  reason,
});

const BEYOND_UTC = "Times are in UTC: Z or +00:00.";
const NO_OFFSET = "Without Z or +00:00 nobody can tell which moment it is.";
const NO_SUCH_DAY = "This day is in no calendar.";
const NOT_RFC_3339 = "Times are RFC 3339, such as 2026-11-23T08:30:00.250Z.";
const NO_NUMBER = "The unit of a number cannot be told from it.";
const OUT_OF_RANGE = "Hours go from 00 to 23, minutes and seconds from 00 to 59.";

/** Timestamps as people write them. @see spec/1.0/contract.md#timestamps */
export const timestamps = vectorFile(
  "Timestamps as vendors write them, as a reader writes them, and the moment in nanoseconds since 1970 (a text, because it is beyond 2^53). null: it is none, and the payload is refused.",
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
      "a nanosecond more",
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
    none("+00 alone", "2026-11-23T08:30:00+00", NOT_RFC_3339),
    none("+0000 without a colon", "2026-11-23T08:30:00+0000", NOT_RFC_3339),
    none("no offset", "2026-11-23T08:30:00", NO_OFFSET),
    none("a space for T", "2026-11-23 08:30:00Z", NOT_RFC_3339),
    none("t and z in lower case", "2026-11-23t08:30:00z", NOT_RFC_3339),
    none("no seconds", "2026-11-23T08:30Z", NOT_RFC_3339),
    none("a day alone", "2026-11-23", NOT_RFC_3339),
    none("ten digits of fraction", "2026-11-23T08:30:00.1234567890Z", "A fraction has up to nine digits."),
    none("a point without a fraction", "2026-11-23T08:30:00.Z", NOT_RFC_3339),
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
    none("as Americans write it", "11/23/2026 08:30:00 AM", NOT_RFC_3339),
    none("as HTTP headers write it", "Mon, 23 Nov 2026 08:30:00 GMT", NOT_RFC_3339),
    none("seconds since 1970", "1795422600", NO_NUMBER),
    none("milliseconds since 1970", "1795422600000", NO_NUMBER),
    none("a space around", " 2026-11-23T08:30:00Z", NOT_RFC_3339),
    none("a line end after it", "2026-11-23T08:30:00Z\n", NOT_RFC_3339),
    none("digits of another script", "２026-11-23T08:30:00Z", NOT_RFC_3339),
    none("nothing", "", "A time that is not known is left out, or null."),
  ],
);
