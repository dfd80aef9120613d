import { describe, expect, test } from "vitest";
import { canonicalCountry, countrySchema } from "./country.ts";

test.each([
  ["US", "US"],
  ["us", "US"],
  ["De", "DE"],
  ["UK", "GB"],
  ["uk", "GB"],
  ["GB", "GB"],
])("reads %s as %s, and that as the same", (written, country) => {
  expect(countrySchema.parse(written)).toBe(country);
  expect(canonicalCountry(canonicalCountry(written))).toBe(country);
});

describe("countrySchema", () => {
  test.each(["USA", "U", "", "U1", "United States", 1, null])(
    "refuses %j and says what to send",
    (written) => {
      expect(countrySchema.safeParse(written).error?.issues).toMatchObject([
        { message: "Send the ISO 3166-1 alpha-2 code, such as US (not USA)." },
      ]);
    },
  );
});
