import { z } from "zod";
import { text } from "./text.ts";
import { deviceTypeSchema } from "./vocabulary.ts";

/** How events reach a consumer. */
export const deliverySchema = z
  .array(
    z.enum(["webhook", "backfill"], "Send webhook or backfill.").meta({
      description: "webhook: the vendor posts the event. backfill: GET /v1/events lists the event.",
      examples: ["webhook"],
    }),
  )
  .min(1)
  .meta({ description: "How events of this type reach a consumer.", examples: [["webhook", "backfill"]] });

/** One event type that a vendor can publish. @see spec/1.0/contract.md#event-catalogue */
export const eventCatalogEntrySchema = z
  .looseObject({
    type: text(1, 256).meta({
      description: "The event's type.",
      examples: ["com.convergint.device.status_changed.v1"],
    }),
    family: text(1, 64).meta({ description: "health, alarm, access, video, …", examples: ["health"] }),
    version: text(1, 32).meta({ description: "Major version of the type.", examples: ["1"] }),
    description: z
      .string()
      .min(1)
      .meta({
        description: "Human-readable meaning of the event.",
        examples: ["The status of a device changed."],
      }),
    device_types: z.array(deviceTypeSchema).meta({
      description: "The device types that publish this event type; empty if no device type publishes it.",
      examples: [["camera", "door"]],
    }),
    delivery: deliverySchema,
    schema: z
      .string()
      .nullish()
      .meta({
        description: "URL of the JSON Schema of the event.",
        examples: ["https://api.campus.example/schemas/barrier-raised-1.json"],
      }),
  })
  .meta({
    id: "EventCatalogEntry",
    description: "One event type that the vendor can publish.",
    "x-requirement": "CAT-001",
  });
export type EventCatalogEntry = z.infer<typeof eventCatalogEntrySchema>;

/** The event catalogue. */
export const eventCatalogSchema = z
  .looseObject({
    data: z.array(eventCatalogEntrySchema).meta({
      description: "The event types.",
      examples: [
        [
          {
            type: "com.convergint.device.status_changed.v1",
            family: "health",
            version: "1",
            description: "The status of a device changed.",
            device_types: ["camera"],
            delivery: ["webhook"],
          },
        ],
      ],
    }),
  })
  .meta({
    id: "EventCatalog",
    description: "Every event type that the vendor can publish.",
    "x-requirement": "CAT-001",
  });
export type EventCatalog = z.infer<typeof eventCatalogSchema>;
