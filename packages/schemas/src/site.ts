import { z } from "zod";
import { orgIdSchema, siteIdSchema } from "./ids.ts";
import { timestampSchema } from "./timestamp.ts";

/** A postal address; every part optional, because vendors know different parts of it. */
export const addressSchema = z
  .looseObject({
    street: z.string().max(512).nullish(),
    city: z.string().max(256).nullish(),
    region: z.string().max(256).nullish().describe("State, province or county."),
    postal_code: z.string().max(32).nullish(),
    country: z
      .string()
      .regex(/^[A-Z]{2}$/, "Send an ISO 3166-1 alpha-2 country code in capitals, such as US.")
      .nullish()
      .describe("ISO 3166-1 alpha-2."),
  })
  .meta({ id: "Address", description: "A postal address." });
export type Address = z.infer<typeof addressSchema>;

/** A position on the WGS 84 ellipsoid, in degrees. */
export const coordinatesSchema = z
  .looseObject({
    latitude: z.number().min(-90).max(90).describe("Degrees north."),
    longitude: z.number().min(-180).max(180).describe("Degrees east."),
  })
  .meta({ id: "Coordinates", description: "A position on the WGS 84 ellipsoid, in degrees." });
export type Coordinates = z.infer<typeof coordinatesSchema>;

/** An IANA time zone name by shape; whether the name exists is judged where a zone database is at hand. */
export const timezoneSchema = z
  .string()
  .regex(
    /^[A-Za-z][A-Za-z0-9_+-]*(?:\/[A-Za-z0-9_+-]+)*$/,
    "Send an IANA time zone, such as America/Chicago.",
  )
  .max(64)
  .meta({ description: "IANA time zone.", example: "America/Chicago" });

/** A site: a place with devices. @see spec/1.0/contract.md#sites */
export const siteSchema = z
  .looseObject({
    site_id: siteIdSchema,
    org_id: orgIdSchema,
    name: z.string().min(1).max(512).describe("Name people know the place by."),
    address: addressSchema.nullish(),
    coordinates: coordinatesSchema.nullish(),
    timezone: timezoneSchema.nullish(),
    updated_at: timestampSchema.nullish().describe("When this record was last written."),
    attributes: z.record(z.string(), z.unknown()).nullish().describe("The vendor's own fields."),
  })
  .meta({ id: "Site", description: "A place with devices." });
export type Site = z.infer<typeof siteSchema>;
