import { z } from "zod";
import { eventIdSchema, orgIdSchema, siteIdSchema } from "./ids.ts";
import { timestampSchema } from "./timestamp.ts";

/** The media type of a single event. */
export const EVENT_MEDIA_TYPE = "application/cloudevents+json";

/** The CloudEvents 1.0 attributes every event carries, around any `data`. */
export const envelope = <Type extends z.ZodType<string>, Data extends z.ZodType>(type: Type, data: Data) =>
  z.looseObject({
    specversion: z.literal("1.0"),
    id: eventIdSchema,
    source: z
      .string()
      .min(1)
      .max(2048)
      .describe("URI reference of what sent it: the vendor and org, stable."),
    type,
    time: timestampSchema.describe("When it happened at the device or site; not when it was sent."),
    subject: z.string().min(1).max(1024).nullish().describe("The device's id, where the event is about one."),
    datacontenttype: z.string().nullish().describe("application/json where absent."),
    dataschema: z.string().nullish(),
    sequence: z
      .string()
      .max(64)
      .nullish()
      .describe("CloudEvents sequence extension: breaks ties between events of one device with equal times."),
    data,
  });

/** What every event's `data` carries: enough to find customer and site. @see spec/1.0/contract.md#events */
export const eventDataSchema = z.looseObject({ org_id: orgIdSchema, site_id: siteIdSchema });

/**
 * Any event of the contract, known or not: a reader keeps those whose type it does not know.
 * @see spec/1.0/contract.md#events
 */
export const eventSchema = envelope(
  z
    .string()
    .regex(
      /^[a-z0-9-]+(?:\.[a-z0-9_-]+)+\.v\d+$/,
      "Send a reverse-DNS type ending in a version, such as com.example.thing.happened.v1.",
    )
    .max(256)
    .meta({
      description: "Reverse-DNS name with a version at the end.",
      example: "com.convergint.device.status_changed.v1",
    }),
  eventDataSchema,
).meta({ id: "Event", description: "A CloudEvents 1.0 event in JSON, structured mode." });
export type Event = z.infer<typeof eventSchema>;
