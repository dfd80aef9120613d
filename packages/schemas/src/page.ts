import { z } from "zod";
import { deviceSchema } from "./device.ts";
import { orgSchema } from "./org.ts";
import { siteSchema } from "./site.ts";
import { timestampSchema } from "./timestamp.ts";

/** What one listing describes; fixed by its first page and repeated on every other. @see spec/1.0/contract.md#pagination */
export const snapshotSchema = z
  .looseObject({
    id: z.string().min(1).max(256).describe("The same on every page of one listing."),
    as_of: timestampSchema.describe("The moment the listing describes."),
    total_count: z.int().min(0).nullish().describe("How many items the whole listing has, where known."),
  })
  .meta({ id: "Snapshot", description: "What one listing describes." });
export type Snapshot = z.infer<typeof snapshotSchema>;

/**
 * A page of a listing. `next_cursor: null` is the only end mark; a short or empty page is not one.
 *
 * @param item the schema of one entry of `data`
 * @see spec/1.0/contract.md#pagination
 */
export const pageSchema = <Item extends z.ZodType>(item: Item) =>
  z.looseObject({
    data: z.array(item),
    next_cursor: z
      .string()
      .min(1)
      .max(2048)
      .nullable()
      .describe("Opaque; null on the last page and only there."),
    snapshot: snapshotSchema,
    sync_token: z
      .string()
      .min(1)
      .max(2048)
      .nullish()
      .describe("On the last page, for a vendor with incremental sync: what to send as `since` next time."),
  });

/** A page of orgs. */
export const orgPageSchema = pageSchema(orgSchema).meta({ id: "OrgPage" });
/** A page of sites. */
export const sitePageSchema = pageSchema(siteSchema).meta({ id: "SitePage" });
/** A page of devices. */
export const devicePageSchema = pageSchema(deviceSchema).meta({ id: "DevicePage" });

/** A page of a listing, by what it lists. */
export type Page<Item> = z.infer<ReturnType<typeof pageSchema<z.ZodType<Item>>>>;
