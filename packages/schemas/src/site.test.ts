import { describe, expect, test } from "vitest";
import { canonicalCountry, countrySchema, siteSchema, timezoneSchema } from "./site.ts";

describe("timezoneSchema", () => {
  test.each(["America/Chicago", "UTC", "Etc/GMT+6", "America/Argentina/Buenos_Aires"])(
    "accepts %s",
    (zone) => {
      expect(timezoneSchema.parse(zone)).toBe(zone);
    },
  );

  test.each([
    ["", "Send an IANA time zone, such as America/Chicago."],
    ["-06:00", "Send an IANA time zone, such as America/Chicago."],
    ["America/", "Send an IANA time zone, such as America/Chicago."],
    [
      "Central Standard Time",
      "Send an IANA time zone, such as America/Chicago, not a Windows time zone name.",
    ],
  ])("rejects %j with a message that says what to send", (zone, message) => {
    expect(timezoneSchema.safeParse(zone).error?.issues).toMatchObject([{ message }]);
  });
});

test("normalizes the country of a site's address and keeps unknown members", () => {
  const site = { site_id: "s", org_id: "o", name: "HQ", address: { country: "uk", floor: 3 }, tier: "gold" };
  expect(siteSchema.parse(site)).toEqual({ ...site, address: { country: "GB", floor: 3 } });
});

test.each([
  ["US", "US"],
  ["us", "US"],
  ["De", "DE"],
  ["UK", "GB"],
  ["uk", "GB"],
  ["GB", "GB"],
])("normalizes %s to %s, once and for all", (written, country) => {
  expect(countrySchema.parse(written)).toBe(country);
  expect(canonicalCountry(canonicalCountry(written))).toBe(country);
});

describe("countrySchema", () => {
  test.each(["USA", "U", "", "U1", "United States", 1, null])(
    "rejects %j with a message that says what to send",
    (written) => {
      expect(countrySchema.safeParse(written).error?.issues).toMatchObject([
        { message: "Send the ISO 3166-1 alpha-2 code, such as US (not USA)." },
      ]);
    },
  );
});
