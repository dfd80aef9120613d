import { z } from "zod";

const ADVICE = "Send the ISO 3166-1 alpha-2 code, such as US (not USA).";

/**
 * Writes a two-letter country code as ISO 3166-1 does.
 *
 * @param code two letters in any case; `UK`, which ISO reserves for it, means the United Kingdom
 * @returns capitals, and `GB` for `UK`
 * @see spec/1.0/contract.md#values-as-vendors-write-them
 */
export function canonicalCountry(code: string): string {
  const capitals = code.toUpperCase();
  return capitals === "UK" ? "GB" : capitals;
}

/** A country as it travels. Whether the code is assigned is not judged. */
export const countrySchema = z
  .string(ADVICE)
  .regex(/^[A-Za-z]{2}$/, ADVICE)
  .overwrite(canonicalCountry)
  .meta({ description: "ISO 3166-1 alpha-2.", examples: ["US"] });
