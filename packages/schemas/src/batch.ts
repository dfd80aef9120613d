import { z } from "zod";
import { eventSchema } from "./event.ts";
import { text } from "./text.ts";

/** The media type of several events in one delivery. */
export const BATCH_MEDIA_TYPE = "application/cloudevents-batch+json";

/** Several events in one delivery. A consumer judges each event separately. @see spec/1.0/contract.md#batches */
export const eventBatchSchema = z
  .array(eventSchema)
  .min(1)
  .max(100)
  .meta({ id: "EventBatch", description: "1 to 100 events.", "x-requirement": "DLV-012" });
export type EventBatch = z.infer<typeof eventBatchSchema>;

const refusedEventSchema = z.looseObject({
  index: z
    .int()
    .min(0)
    .meta({ description: "Position of the event in the batch, from 0.", examples: [17] }),
  id: text(0, 256)
    .nullish()
    .meta({
      description: "The event's id, if it is readable.",
      examples: ["evt_01JD8Z5N6Q7R8S9T0V1W2X3Y4Z"],
    }),
  code: text(1, 64).meta({ description: "Stable error code for programs.", examples: ["invalid_event"] }),
  detail: z
    .string()
    .nullish()
    .meta({
      description: "Human-readable explanation of what is wrong with the event.",
      examples: ["/data/status: Send online, degraded, offline or unknown."],
    }),
});

/**
 * A consumer's response to a batch: the events that the consumer refused.
 *
 * @see spec/1.0/contract.md#batches
 */
export const batchAnswerSchema = z
  .looseObject({
    accepted: z
      .int()
      .min(0)
      .meta({ description: "Number of stored events of the batch.", examples: [99] }),
    refused: z.array(refusedEventSchema.meta({ description: "One refused event." })).meta({
      description: "The refused events; empty if there are none.",
      examples: [[{ index: 17, code: "invalid_event" }]],
    }),
  })
  .meta({
    id: "BatchAnswer",
    description: "The result for each event of a batch.",
    "x-requirement": "RCV-010",
  });
export type BatchAnswer = z.infer<typeof batchAnswerSchema>;
