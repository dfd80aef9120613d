import { value, vectorFile } from "../vector-file.ts";

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
