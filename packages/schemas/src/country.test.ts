import { describe, expect, test } from "vitest";
import { canonicalCountry, countrySchema } from "./country.ts";

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
