import { vectorFile } from "../vector-file.ts";
import { value } from "./value.ts";

/** Countries as people write them. @see spec/1.0/contract.md#values-as-vendors-write-them */
export const countries = vectorFile(
  "Countries as vendors write them, and as a reader writes them: ISO 3166-1 alpha-2. null: it is none, and the payload is refused.",
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
    value("a letter beyond ASCII", "Üs", null),
    value("letters of another script that look alike", "UЅ", null),
    value("a letter and a digit", "U5", null),
    value("a space after it", "US ", null),
    value("a line end after it", "US\n", null),
    value("with its region", "US-MN", null),
    value("nothing", "", null),
  ],
);
