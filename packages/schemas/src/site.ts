import { z } from "zod";
import { orgIdSchema, siteIdSchema } from "./ids.ts";
import { text } from "./text.ts";
import { timestampSchema } from "./timestamp.ts";

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

/** An org: one customer account in the vendor's cloud. @see spec/1.0/contract.md#orgs */
export const orgSchema = z
  .looseObject({
    org_id: orgIdSchema,
    name: text(1, 512).meta({
      description: "Display name of the account.",
      examples: ["Northfield University"],
    }),
    updated_at: timestampSchema.nullish().meta({ description: "When this record was last written." }),
  })
  .meta({
    id: "Org",
    description: "One customer account in the vendor's cloud.",
    "x-requirement": "ORG-001",
  });
export type Org = z.infer<typeof orgSchema>;

/** A postal address; every part is optional, because vendors know different parts. */
export const addressSchema = z
  .looseObject({
    street: text(0, 512)
      .nullish()
      .meta({ description: "Street and number.", examples: ["12 College Road"] }),
    city: text(0, 256)
      .nullish()
      .meta({ description: "City or town.", examples: ["Northfield"] }),
    region: text(0, 256)
      .nullish()
      .meta({ description: "State, province or county.", examples: ["MN"] }),
    postal_code: text(0, 32)
      .nullish()
      .meta({ description: "Postal code.", examples: ["55057"] }),
    country: countrySchema.nullish(),
  })
  .meta({ id: "Address", description: "A postal address." });
export type Address = z.infer<typeof addressSchema>;

/** A position on the WGS 84 ellipsoid, in degrees. */
export const coordinatesSchema = z
  .looseObject({
    latitude: z
      .number()
      .min(-90)
      .max(90)
      .meta({ description: "Degrees north.", examples: [44.4583] }),
    longitude: z
      .number()
      .min(-180)
      .max(180)
      .meta({ description: "Degrees east.", examples: [-93.1616] }),
  })
  .meta({ id: "Coordinates", description: "A position on the WGS 84 ellipsoid, in degrees." });
export type Coordinates = z.infer<typeof coordinatesSchema>;

const TIMEZONE_ADVICE = "Send an IANA time zone, such as America/Chicago.";

/** An IANA time zone name. Checks only the form, because some runtimes have no time zone database. */
export const timezoneSchema = text(0, 64)
  .regex(/^[A-Za-z][A-Za-z0-9_+-]*(?:\/[A-Za-z0-9_+-]+)*$/, {
    error: ({ input }) =>
      / /.test(String(input))
        ? `${TIMEZONE_ADVICE.slice(0, -1)}, not a Windows time zone name.`
        : TIMEZONE_ADVICE,
  })
  .meta({ description: "IANA time zone.", examples: ["America/Chicago"] });

/** A site: a place with devices. @see spec/1.0/contract.md#sites */
export const siteSchema = z
  .looseObject({
    site_id: siteIdSchema,
    org_id: orgIdSchema,
    name: text(1, 512).meta({ description: "Display name of the place.", examples: ["Science Hall"] }),
    address: addressSchema.nullish().meta({ description: "Human-readable postal address." }),
    coordinates: coordinatesSchema.nullish().meta({ description: "Position, for maps." }),
    timezone: timezoneSchema.nullish(),
    updated_at: timestampSchema.nullish().meta({ description: "When this record was last written." }),
    attributes: z
      .record(z.string(), z.unknown())
      .nullish()
      .meta({ description: "The vendor's own fields.", examples: [{ building_code: "SCI" }] }),
  })
  .meta({ id: "Site", description: "A place with devices.", "x-requirement": "SITE-001" });
export type Site = z.infer<typeof siteSchema>;
