import { z } from "zod";

const ADVICE = "Send the ISO 3166-1 alpha-2 code, such as US (not USA).";

/**
 * Normalizes a two-letter country code to ISO 3166-1.
 *
 * @param code two letters in any case; `UK`, which ISO reserves for the United Kingdom, is accepted
 * @returns the code in capitals; `GB` for `UK`
 * @see spec/1.0/contract.md#values-as-vendors-write-them
 */
export function canonicalCountry(code: string): string {
  const capitals = code.toUpperCase();
  return capitals === "UK" ? "GB" : capitals;
}

/** A country on the wire. Does not check whether the code is assigned. */
export const countrySchema = z
  .string(ADVICE)
  .regex(/^[A-Za-z]{2}$/, ADVICE)
  .overwrite(canonicalCountry)
  .meta({ description: "ISO 3166-1 alpha-2.", examples: ["US"] });
