import { z } from "zod";
import { deviceTypeSchema } from "./vocabulary.ts";

/** One event type a vendor can publish. @see spec/1.0/contract.md#event-catalogue */
export const eventCatalogEntrySchema = z
  .looseObject({
    type: z.string().min(1).max(256),
    family: z.string().min(1).max(64).describe("health, alarm, access, video, …"),
    version: z.string().min(1).max(32),
    description: z.string().min(1),
    device_types: z.array(deviceTypeSchema).describe("Which device types publish it; empty for none."),
    delivery: z.array(z.enum(["webhook", "backfill"])).min(1),
    schema: z.string().nullish().describe("URL of the JSON Schema of the event."),
  })
  .meta({ id: "EventCatalogEntry", description: "One event type a vendor can publish." });
export type EventCatalogEntry = z.infer<typeof eventCatalogEntrySchema>;

/** The event catalogue. */
export const eventCatalogSchema = z
  .looseObject({ data: z.array(eventCatalogEntrySchema) })
  .meta({ id: "EventCatalog", description: "Every event type the vendor can publish." });
export type EventCatalog = z.infer<typeof eventCatalogSchema>;
