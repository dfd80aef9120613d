import { z } from "zod";
import { eventIdSchema, orgIdSchema, siteIdSchema } from "./ids.ts";
import { text } from "./text.ts";
import { timestampSchema } from "./timestamp.ts";

/** The media type of a single event. */
export const EVENT_MEDIA_TYPE = "application/cloudevents+json";

/** The CloudEvents 1.0 attributes of every event, with any `data`. */
const envelope = <Type extends z.ZodType<string>, Data extends z.ZodType>(type: Type, data: Data) =>
  z.looseObject({
    specversion: z
      .literal("1.0", 'Send "1.0".')
      .meta({ description: "CloudEvents version.", examples: ["1.0"] }),
    id: eventIdSchema,
    source: text(1, 2048).meta({
      description: "Stable URI reference that identifies the sender: the vendor and the org.",
      examples: ["urn:example-campus:org:0b9f6c1e-6f0a-4f0e-9d43-6f1f6f9f1a01"],
      "x-requirement": "EVT-010",
    }),
    type,
    time: timestampSchema.meta({
      description: "When the event happened at the device or site; not when it was sent.",
    }),
    subject: text(1, 1024)
      .nullish()
      .meta({
        description: "The device's id, if the event is about a device.",
        examples: ["c0a8f6d2-1b7e-4a55-8a52-3f0c3e9d4b77"],
      }),
    datacontenttype: z
      .string()
      .nullish()
      .meta({ description: "Absent means application/json.", examples: ["application/json"] }),
    dataschema: z
      .string()
      .nullish()
      .meta({
        description: "URI of the schema of `data`.",
        examples: ["https://schemas.convergint.com/vendor-cloud/1.0/DeviceStatusChangedData.json"],
      }),
    sequence: text(0, 64)
      .nullish()
      .meta({
        description:
          "CloudEvents sequence extension. The sequence orders the events of one device that have the same time. Sequences are compared as text.",
        examples: ["000000000042"],
      }),
    data,
  });

/**
 * The members that every event's `data` has: enough to find the customer and the site.
 *
 * @see spec/1.0/contract.md#events
 */
export const eventDataSchema = z
  .looseObject({
    org_id: orgIdSchema.meta({ "x-requirement": "EVT-003" }),
    site_id: siteIdSchema.meta({ "x-requirement": "EVT-003" }),
  })
  .meta({ description: "What happened, and to which object." });

/**
 * Any event, even of an unknown type, because a consumer keeps events whose type it does not know.
 * @see spec/1.0/contract.md#events
 */
export const eventSchema = envelope(
  text(1, 256)
    .regex(
      /^[a-z0-9-]+(?:\.[a-z0-9_-]+)+\.v\d+$/,
      "Send a reverse-DNS type ending in a version, such as com.example.thing.happened.v1.",
    )
    .meta({
      description: "Reverse-DNS name that ends with a version.",
      examples: ["com.convergint.device.status_changed.v1"],
    }),
  eventDataSchema,
).meta({
  id: "Event",
  description: "A CloudEvents 1.0 event in JSON, structured mode.",
  "x-requirement": "EVT-002",
});
export type Event = z.infer<typeof eventSchema>;

/**
 * Builds the schema of one event type of the contract.
 *
 * @param type for example `com.convergint.alarm.raised.v1`
 * @param data schema of the event's `data`
 */
export const eventOf = <Type extends string, Data extends z.ZodType>(type: Type, data: Data) =>
  envelope(
    z.literal(type, `Send ${type}.`).meta({ description: "The event's type.", examples: [type] }),
    data,
  );
