import { value, vectorFile } from "./vector-file.ts";

/** Test vectors for countries. @see spec/1.0/contract.md#values-as-vendors-write-them */
export const countries = vectorFile(
  "Countries as vendors write them, and their normalized form in ISO 3166-1 alpha-2. null means that the input is not a country, so the payload is invalid.",
  [
    value("capitals", "US", "US"),
    value("lower case", "us", "US"),
    value("mixed case", "De", "DE"),
    value("UK, which means the United Kingdom", "UK", "GB"),
    value("uk in lower case", "uk", "GB"),
    value("GB", "GB", "GB"),
    value("three letters", "USA", null),
    value("three digits", "840", null),
    value("a name", "United States", null),
    value("one letter", "D", null),
    value("a non-ASCII letter", "Üs", null),
    value("letters of another script that look alike", "UЅ", null),
    value("a letter and a digit", "U5", null),
    value("a trailing space", "US ", null),
    value("a trailing line end", "US\n", null),
    value("with a region", "US-MN", null),
    value("an empty string", "", null),
  ],
);

/** Test vectors for IP addresses. @see spec/1.0/contract.md#values-as-vendors-write-them */
export const ipAddresses = vectorFile(
  "IP addresses as vendors write them, and their normalized form: dotted decimal, or IPv6 as in RFC 5952. null means that the input cannot be parsed, so a program that reads it must keep it unchanged.",
  [
    value("IPv4", "192.0.2.7", "192.0.2.7"),
    value("IPv4 with a prefix length", "192.0.2.7/24", "192.0.2.7"),
    value("IPv4 with surrounding spaces", " 192.0.2.7 ", "192.0.2.7"),
    value("the smallest and the largest octets", "0.255.0.255", "0.255.0.255"),
    value("IPv6", "2001:db8::1", "2001:db8::1"),
    value("IPv6 in upper case", "2001:DB8::ABCD", "2001:db8::abcd"),
    value("IPv6 at full length", "2001:0db8:0000:0000:0000:0000:0000:0001", "2001:db8::1"),
    value("leading zeros", "FE80::0001", "fe80::1"),
    value("a zone", "fe80::1%eth0", "fe80::1"),
    value("a zone and a prefix length", "fe80::1%eth0/64", "fe80::1"),
    value("a numeric zone, as on Windows", "fe80::1%12", "fe80::1"),
    value("brackets", "[2001:db8::1]", "2001:db8::1"),
    value("a prefix length", "2001:db8::1/64", "2001:db8::1"),
    value("the longest run of zeros is compressed", "2001:0:0:1:0:0:0:1", "2001:0:0:1::1"),
    value("the first of two runs of equal length", "2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"),
    value("a single group of zeros is not compressed", "2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"),
    value(":: for a single group is expanded", "2001:db8::1:1:1:1:1", "2001:db8:0:1:1:1:1:1"),
    value("zeros at the end", "2001:db8:0:0:0:0:0:0", "2001:db8::"),
    value("the unspecified address", "0:0:0:0:0:0:0:0", "::"),
    value("loopback", "0000:0000:0000:0000:0000:0000:0000:0001", "::1"),
    value("IPv4 mapped into IPv6", "::ffff:192.0.2.7", "192.0.2.7"),
    value("IPv4 mapped into IPv6, in hexadecimal", "::FFFF:C000:0207", "192.0.2.7"),
    value("IPv4 at the end of another IPv6 address", "64:ff9b::192.0.2.33", "64:ff9b::c000:221"),
    value("an octet beyond 255", "192.0.2.256", null),
    value("three octets", "192.0.2", null),
    value("five octets", "192.0.2.7.1", null),
    value("an octet with a leading zero, which some read as octal", "192.0.2.07", null),
    value("a prefix length beyond 32", "192.0.2.7/33", null),
    value("a prefix length beyond 128", "2001:db8::1/129", null),
    value("a netmask", "192.0.2.7/255.255.255.0", null),
    value("a port", "192.0.2.7:80", null),
    value("a port after brackets", "[2001:db8::1]:80", null),
    value("seven groups", "2001:db8:1:2:3:4:5", null),
    value("nine groups", "2001:db8:1:2:3:4:5:6:7", null),
    value("eight groups and ::", "2001:db8:1:2::3:4:5:6", null),
    value(":: twice", "2001::db8::1", null),
    value("five digits in a group", "2001:db8::10000", null),
    value("an invalid digit", "2001:db8::g", null),
    value("IPv4 in the middle", "2001:192.0.2.7:db8::1", null),
    value("a number", "3221225991", null),
    value("a host name", "cam-north-1.campus.example", null),
    value("not an address", "dhcp", null),
    value("an empty string", "", null),
  ],
);

const CANONICAL = "00:11:22:aa:bb:cc";

/** Test vectors for MAC addresses. @see spec/1.0/contract.md#values-as-vendors-write-them */
export const macAddresses = vectorFile(
  "MAC addresses as vendors write them, and their normalized form. null means that the input cannot be parsed, so a program that reads it must keep it unchanged.",
  [
    value("lower case with colons", "00:11:22:aa:bb:cc", CANONICAL),
    value("upper case with colons", "00:11:22:AA:BB:CC", CANONICAL),
    value("mixed case", "00:11:22:aA:Bb:cC", CANONICAL),
    value("hyphens, as Windows writes them", "00-11-22-AA-BB-CC", CANONICAL),
    value("dots, as Cisco writes them", "0011.22aa.bbcc", CANONICAL),
    value("dots in upper case", "0011.22AA.BBCC", CANONICAL),
    value("bare digits", "001122aabbcc", CANONICAL),
    value("bare digits in upper case", "001122AABBCC", CANONICAL),
    value("one digit for an octet, as in the output of arp", "0:11:22:aa:bb:cc", CANONICAL),
    value("one digit for several octets", "0:1:2:a:b:c", "00:01:02:0a:0b:0c"),
    value("one digit for an octet, with hyphens", "0-1-2-A-B-C", "00:01:02:0a:0b:0c"),
    value("surrounding spaces", "  00:11:22:aa:bb:cc ", CANONICAL),
    value("a trailing line end", "00:11:22:aa:bb:cc\n", CANONICAL),
    value("only digits", "123456789012", "12:34:56:78:90:12"),
    value("only letters", "ABCDEFABCDEF", "ab:cd:ef:ab:cd:ef"),
    value("all zeros, which is an address", "000000000000", "00:00:00:00:00:00"),
    value("broadcast", "FF:FF:FF:FF:FF:FF", "ff:ff:ff:ff:ff:ff"),
    value("five octets", "00:11:22:aa:bb", null),
    value("seven octets", "00:11:22:aa:bb:cc:dd", null),
    value("EUI-64", "00:11:22:ff:fe:aa:bb:cc", null),
    value("bare EUI-64", "001122fffeaabbcc", null),
    value("three digits for an octet", "000:11:22:aa:bb:cc", null),
    value("an octet without a digit", "00::22:aa:bb:cc", null),
    value("two separators in one address", "00:11-22:aa-bb:cc", null),
    value("spaces for separators", "00 11 22 aa bb cc", null),
    value("a letter that is not a hexadecimal digit", "00:11:22:aa:bb:cg", null),
    value("eleven bare digits", "001122aabbc", null),
    value("a hexadecimal number", "0x001122aabbcc", null),
    value("dots between octets", "00.11.22.aa.bb.cc", null),
    value("digits of another script", "００:11:22:aa:bb:cc", null),
    value("two addresses", "00:11:22:aa:bb:cc, 00:11:22:aa:bb:cd", null),
    value("not an address", "unknown", null),
    value("an empty string", "", null),
  ],
);

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
    none("a space instead of T", "2026-11-23 08:30:00Z", NOT_RFC_3339),
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
